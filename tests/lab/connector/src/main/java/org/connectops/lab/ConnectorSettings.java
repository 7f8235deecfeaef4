// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/** The connector's configuration. Dates, cron and waits are not validated: the real connector takes any, too. */
final class ConnectorSettings extends AbstractConfig {
    static final ConfigDef DEFINITION = new ConfigDef()
            .define("stripe.api.keys", Type.PASSWORD, "", Importance.HIGH, "timezone1:key1;timezone2:key2")
            .define("stripe.report.types", Type.LIST, NO_DEFAULT_VALUE, Importance.HIGH, "Report types")
            .define("stripe.report.initial.load.dates", Type.STRING, "", Importance.MEDIUM, "type1:YYYY-MM-DD;type2:…")
            .define("stripe.report.max.wait.ms", Type.LONG, 300000L, Importance.MEDIUM, "Longest wait for a report run")
            .define("stripe.report.poll.interval.ms", Type.LONG, 5000L, Importance.LOW, "Pause between looks at a run")
            .define("in.progress.poll.interval.ms", Type.LONG, 5000L, Importance.LOW, "Pause between polls of the task")
            .define("max.report.interval.days", Type.INT, 30, Range.between(1, 365), Importance.MEDIUM, "Chunk size")
            .define("poll.cron", Type.STRING, "0 0 0 * * ?", Importance.MEDIUM, "Quartz cron of the rounds, UTC")
            .define("topic.prefix", Type.STRING, "stripe_reporting_", Importance.MEDIUM, "Prefix of the topics")
            .define("batch.size", Type.INT, 1000, Range.between(1, 10000), Importance.LOW, "Records per poll")
            .define("stripe.report.columns", Type.STRING, "", Importance.LOW, "type:column1,column2;…")
            .define("stripe.report.keys", Type.STRING, "", Importance.LOW, "type:column1,column2;…")
            .define("lab.stripe.api.base", Type.STRING, "https://api.stripe.com", Importance.LOW, "Where Stripe is")
            .define("lab.mode", Type.STRING, "faithful", ValidString.in("faithful", "graceful"), Importance.LOW,
                    "graceful: one partition's failure neither starves nor robs the others")
            .define("lab.run.expiry.ms", Type.LONG, -1L, Importance.LOW,
                    "In graceful mode: how long a report run stays open; below 0 as long as stripe.report.max.wait.ms")
            .define("lab.partition.map", Type.STRING, "hash", ValidString.in("hash", "linked"), Importance.LOW,
                    "linked: partitions whose stored bytes the REST API cannot address")
            .define("lab.alter.offsets", Type.STRING, "false",
                    ValidString.in("false", "true", "throw", "unsupported"), Importance.LOW, "What alterOffsets does")
            .define("lab.start", Type.STRING, "ok", ValidString.in("ok", "fail_connector", "fail_task"),
                    Importance.LOW, "What fails at the start")
            .define("lab.poll.gate", Type.STRING, "", Importance.LOW, "Path of a file; while it exists poll() blocks");

    ConnectorSettings(Map<String, String> properties) {
        super(DEFINITION, properties, false);
    }

    /** Stripe's secret key per timezone. */
    SortedMap<String, String> apiKeys() {
        return byName(getPassword("stripe.api.keys").value());
    }

    List<String> reportTypes() {
        return getList("stripe.report.types").stream().sorted().toList();
    }

    /** Where every round of this report type begins, in epoch seconds. A bad date counts as none. */
    Optional<Long> initialLoad(String reportType) {
        String date = byName(getString("stripe.report.initial.load.dates")).get(reportType);
        try {
            return Optional.ofNullable(date).map(d -> LocalDate.parse(d).atStartOfDay(ZoneOffset.UTC).toEpochSecond());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    List<String> columns(String reportType) {
        return columnList("stripe.report.columns", reportType);
    }

    List<String> keyColumns(String reportType) {
        return columnList("stripe.report.keys", reportType);
    }

    String topic(String reportType) {
        return getString("topic.prefix") + reportType.replace('.', '_');
    }

    long maxWaitMs() {
        return getLong("stripe.report.max.wait.ms");
    }

    long runPollIntervalMs() {
        return getLong("stripe.report.poll.interval.ms");
    }

    long pauseMs() {
        return getLong("in.progress.poll.interval.ms");
    }

    long maxIntervalSeconds() {
        return getInt("max.report.interval.days") * 86400L;
    }

    int batchSize() {
        return getInt("batch.size");
    }

    String cron() {
        return getString("poll.cron");
    }

    String apiBase() {
        return getString("lab.stripe.api.base");
    }

    boolean graceful() {
        return getString("lab.mode").equals("graceful");
    }

    /** How long a run may stay open between polls before it is given up for a new one. */
    long runExpiryMs() {
        long own = getLong("lab.run.expiry.ms");
        return own < 0 ? maxWaitMs() : own;
    }

    boolean linkedPartitions() {
        return getString("lab.partition.map").equals("linked");
    }

    String alterOffsets() {
        return getString("lab.alter.offsets");
    }

    String start() {
        return getString("lab.start");
    }

    String pollGate() {
        return getString("lab.poll.gate");
    }

    private List<String> columnList(String setting, String reportType) {
        String columns = byName(getString(setting)).getOrDefault(reportType, "");
        return columns.isBlank() ? List.of() : List.of(columns.trim().split("\\s*,\\s*"));
    }

    /** Reads {@code name1:value1;name2:value2}; entries without a colon are passed over. */
    private static SortedMap<String, String> byName(String text) {
        SortedMap<String, String> values = new TreeMap<>();
        for (String entry : text.split(";")) {
            int colon = entry.indexOf(':');
            if (colon > 0) {
                values.put(entry.substring(0, colon).trim(), entry.substring(colon + 1).trim());
            }
        }
        return values;
    }
}
