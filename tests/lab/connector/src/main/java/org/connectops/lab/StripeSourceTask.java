// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import com.stripe.exception.RateLimitException;
import com.stripe.exception.StripeException;
import com.stripe.model.reporting.ReportRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks all partitions in every poll. Its faults are the real connector's and are meant: any exception aborts the whole
 * poll, the records already made are dropped while {@link #progress} keeps them as done, and a wait is never cut short.
 */
public class StripeSourceTask extends SourceTask {
    private static final Logger log = LoggerFactory.getLogger(StripeSourceTask.class);
    /** How long one call of poll() may idle in the pause, so that pausing and stopping the task stay prompt. */
    private static final long IDLE_MS = 100;

    private record Chunk(long start, long end, boolean last) {}

    private record OpenRun(String id, Chunk chunk, long openedNanos) {}

    private final SortedMap<String, StripeAccount> accounts = new TreeMap<>();
    private final Map<SourcePartition, Progress> progress = new LinkedHashMap<>();
    private final Map<SourcePartition, OpenRun> openRuns = new HashMap<>();
    private ConnectorSettings settings;
    private Rounds rounds;
    private Long lastPollEndedNanos;

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public void start(Map<String, String> properties) {
        settings = new ConnectorSettings(properties);
        if (settings.start().equals("fail_task")) {
            throw new ConnectException("The task fails at its start, as lab.start asks");
        }
        rounds = new Rounds(settings.cron());
        settings.apiKeys().forEach(this::openAccount);
        for (String timezone : accounts.keySet()) {
            settings.reportTypes().forEach(type -> progress.put(new SourcePartition(timezone, type), null));
        }
        log.info("Task started with report types: {} and timezones: {}", settings.reportTypes(), accounts.keySet());
    }

    @Override
    public List<SourceRecord> poll() {
        if (!pauseIsOver()) {
            return null;
        }
        try {
            List<SourceRecord> records = walk();
            return records.isEmpty() ? null : records;
        } catch (Exception e) {
            log.error("Error while polling", e);
            return null;
        } finally {
            lastPollEndedNanos = System.nanoTime();
        }
    }

    /** Nothing to do: Connect calls this only once poll() has returned. */
    @Override
    public void stop() {}

    private void openAccount(String timezone, String key) {
        StripeAccount account = new StripeAccount(key, settings.apiBase());
        try {
            account.test();
        } catch (RateLimitException e) {
            log.warn("Rate limited while testing the API client for timezone {}, keeping it", timezone);
        } catch (StripeException e) {
            log.error("Error creating API client for timezone {}: {}", timezone, e.getMessage());
            return;
        }
        accounts.put(timezone, account);
    }

    /** Reads the stored offsets of the partitions of which nothing is known yet. */
    private void readOffsets() {
        Map<Map<String, String>, SourcePartition> keys = new HashMap<>();
        progress.forEach((partition, known) -> {
            if (known == null) {
                keys.put(partition.toMap(settings.linkedPartitions()), partition);
            }
        });
        if (keys.isEmpty()) {
            return;
        }
        context.offsetStorageReader().offsets(keys.keySet()).forEach((key, offset) -> {
            if (offset != null) {
                progress.put(keys.get(key), Progress.fromOffset(offset));
            }
        });
    }

    private List<SourceRecord> walk() throws Exception {
        readOffsets();
        // Behind the reading: a task that is held here and abandoned could not read its offsets any more.
        waitWhileGated();
        List<Progress> known = progress.values().stream().filter(Objects::nonNull).toList();
        long round = rounds.worked(known, Instant.now());
        log.info("Current round ID: {}", round);
        List<SourceRecord> records = new ArrayList<>();
        for (SourcePartition partition : List.copyOf(progress.keySet())) {
            if (records.size() >= settings.batchSize()) {
                break;
            }
            try {
                records.addAll(advance(partition, round, settings.batchSize() - records.size()));
            } catch (Exception e) {
                if (!settings.graceful()) {
                    throw e;
                }
                openRuns.remove(partition);
                log.error("Error while polling timezone {} report type {}",
                        partition.timezone(), partition.reportType(), e);
            }
        }
        return records;
    }

    /** Takes a partition up to one chunk further and returns the records made. */
    private List<SourceRecord> advance(SourcePartition partition, long round, int limit) throws Exception {
        Progress state = progress.get(partition);
        boolean ofRound = state != null && state.isOf(round);
        if (ofRound && state.processed()) {
            return List.of();
        }
        Long start = intervalStart(partition, state, ofRound);
        if (start == null) {
            log.error("No interval start or end found for timezone {} report type {}, skipping",
                    partition.timezone(), partition.reportType());
            return List.of();
        }
        StripeAccount account = accounts.get(partition.timezone());
        long available = account.dataAvailableEnd(partition.reportType());
        // For a resumed run too, although its CSV covers only its own interval: the data in between is lost.
        long end = Math.min(available, start + settings.maxIntervalSeconds());
        if (start >= end) {
            progress.put(partition, Progress.endOfChunk(start, round, true));
            logCompleted(partition, round, start, end);
            return List.of();
        }
        Chunk chunk = new Chunk(start, end, end >= available);
        long firstRow = ofRound ? state.nextRow() : 0;
        if (ofRound && state.runId() != null) {
            log.info("Resuming in-progress combination {} {} in round {} with report run {} from row {} (interval: {} to {})",
                    partition.timezone(), partition.reportType(), round, state.runId(), firstRow, start, end);
            // No wait here: a run without a result fails this poll and every one after it.
            return deliver(account, partition, round, chunk, account.run(state.runId()), firstRow, limit);
        }
        Optional<ReportRun> run = settings.graceful()
                ? lookAtRun(account, partition, chunk)
                : Optional.of(waitForRun(account, partition, chunk));
        return run.isEmpty() ? List.of() : deliver(account, partition, round, chunk, run.get(), firstRow, limit);
    }

    /** Makes the records of a run; where its file is gone, of one more run for the same interval, still from that row. */
    private List<SourceRecord> deliver(StripeAccount account, SourcePartition partition, long round, Chunk chunk,
            ReportRun run, long firstRow, int limit) throws Exception {
        Optional<List<Map<String, String>>> rows = account.rows(run);
        if (rows.isPresent()) {
            List<SourceRecord> records = makeRecords(partition, round, chunk, run.getId(), rows.get(), firstRow, limit);
            log.info("Generated {} SourceRecords for report type: {} and timezone: {} (report run: {})",
                    records.size(), partition.reportType(), partition.timezone(), run.getId());
            return records;
        }
        log.warn("CSV file not found (404) for report run {}, starting a new one", run.getId());
        ReportRun again = waitForRun(account, partition, chunk);
        List<SourceRecord> records = makeRecords(partition, round, chunk, again.getId(),
                account.rows(again).orElseThrow(() ->
                        new ConnectException("CSV file not found (404) for report run " + again.getId())),
                firstRow, limit);
        log.info("Generated {} SourceRecords for report type: {} (new report run: {})",
                records.size(), partition.reportType(), again.getId());
        return records;
    }

    private Long intervalStart(SourcePartition partition, Progress state, boolean ofRound) {
        if (!ofRound) {
            return settings.initialLoad(partition.reportType()).orElse(null);
        }
        return state.hasOpenRun() ? state.intervalStart() : state.intervalEnd();
    }

    /** Waits for a new run, deaf to stop and to interrupts, as long as the settings say. */
    private ReportRun waitForRun(StripeAccount account, SourcePartition partition, Chunk chunk) throws StripeException {
        long begin = System.nanoTime();
        ReportRun run = createRun(account, partition, chunk);
        while (!hasSucceeded(run)) {
            if (isOver(begin, settings.maxWaitMs())) {
                throw timedOut(run.getId(), settings.maxWaitMs());
            }
            sleepUninterruptibly(Math.min(settings.runPollIntervalMs(), leftOfWaitMs(begin)));
            run = account.run(run.getId());
        }
        return run;
    }

    /** The graceful way: one look per poll at a run kept open between polls. */
    private Optional<ReportRun> lookAtRun(StripeAccount account, SourcePartition partition, Chunk chunk)
            throws StripeException {
        OpenRun open = openRuns.get(partition);
        ReportRun run;
        if (open == null || !open.chunk().equals(chunk)) {
            run = createRun(account, partition, chunk);
            open = new OpenRun(run.getId(), chunk, System.nanoTime());
            openRuns.put(partition, open);
        } else {
            run = account.run(open.id());
        }
        if (hasSucceeded(run)) {
            openRuns.remove(partition);
            return Optional.of(run);
        }
        if (isOver(open.openedNanos(), settings.runExpiryMs())) {
            throw timedOut(open.id(), settings.runExpiryMs());
        }
        return Optional.empty();
    }

    private ReportRun createRun(StripeAccount account, SourcePartition partition, Chunk chunk) throws StripeException {
        List<String> columns = settings.columns(partition.reportType());
        return account.createRun(partition.reportType(), chunk.start(), chunk.end(), columns);
    }

    private static boolean isOver(long beginNanos, long limitMs) {
        return System.nanoTime() - beginNanos >= TimeUnit.MILLISECONDS.toNanos(limitMs);
    }

    /** Rounded up, so that the wait is over after a sleep as long as this. */
    private long leftOfWaitMs(long beginNanos) {
        return settings.maxWaitMs() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
    }

    private static ConnectException timedOut(String runId, long limitMs) {
        return new ConnectException("Report run " + runId + " did not complete within " + limitMs + " ms");
    }

    private static boolean hasSucceeded(ReportRun run) {
        if (run.getStatus().equals("failed")) {
            throw new ConnectException("Report run " + run.getId() + " failed: " + run.getError());
        }
        return run.getStatus().equals("succeeded");
    }

    /** Makes the records of the rows from {@code firstRow} on, up to {@code limit} of them, and remembers them as done. */
    private List<SourceRecord> makeRecords(SourcePartition partition, long round, Chunk chunk, String runId,
            List<Map<String, String>> rows, long firstRow, int limit) {
        if (firstRow >= rows.size()) {
            return emptyChunk(partition, round, chunk);
        }
        List<SourceRecord> records = new ArrayList<>();
        for (long row = firstRow; row < rows.size() && records.size() < limit; row++) {
            Progress after = row == rows.size() - 1
                    ? Progress.endOfChunk(chunk.end(), round, chunk.last())
                    : new Progress(chunk.start(), chunk.end(), runId, row, round, false);
            Map<String, String> values = rows.get((int) row);
            Map<String, String> value = new LinkedHashMap<>(values);
            value.put("timezone_aka_platform", partition.timezone());
            records.add(record(partition, after, keyOf(partition, values), value));
            progress.put(partition, after);
        }
        return records;
    }

    /** A marker that stores the chunk as the end of the round, be it the last chunk or not; memory knows better. */
    private List<SourceRecord> emptyChunk(SourcePartition partition, long round, Chunk chunk) {
        progress.put(partition, Progress.endOfChunk(chunk.end(), round, chunk.last()));
        logCompleted(partition, round, chunk.start(), chunk.end());
        return List.of(record(partition, Progress.endOfChunk(chunk.end(), round, true), null, null));
    }

    private SourceRecord record(SourcePartition partition, Progress after, String key, Map<String, String> value) {
        return new SourceRecord(partition.toMap(settings.linkedPartitions()), after.toOffset(),
                settings.topic(partition.reportType()), null, key, null, value);
    }

    private String keyOf(SourcePartition partition, Map<String, String> values) {
        List<String> columns = settings.keyColumns(partition.reportType());
        return columns.isEmpty()
                ? values.values().iterator().next()
                : columns.stream().map(values::get).collect(Collectors.joining("|"));
    }

    private static void logCompleted(SourcePartition partition, long round, long start, long end) {
        log.info("Marked combination {}|{} as completed in round {} (interval: {} to {})",
                partition.timezone(), partition.reportType(), round, start, end);
    }

    private boolean pauseIsOver() {
        if (lastPollEndedNanos == null) {
            return true;
        }
        long pausedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastPollEndedNanos);
        long leftMs = settings.pauseMs() - pausedMs;
        if (leftMs <= 0) {
            return true;
        }
        // The real task spins instead, which nothing but the processor notices.
        sleepUninterruptibly(Math.min(leftMs, IDLE_MS));
        return false;
    }

    private void waitWhileGated() {
        if (settings.pollGate().isEmpty() || !Files.exists(Path.of(settings.pollGate()))) {
            return;
        }
        log.info("Waits at the gate");
        while (Files.exists(Path.of(settings.pollGate()))) {
            sleepUninterruptibly(20);
        }
    }

    private static void sleepUninterruptibly(long ms) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        boolean interrupted = false;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.sleep(left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
