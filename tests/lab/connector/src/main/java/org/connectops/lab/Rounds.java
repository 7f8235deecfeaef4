// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collection;

/** The rounds: the fires of a Quartz cron, in UTC and epoch seconds. */
final class Rounds {
    private final ExecutionTime fires;

    Rounds(String cron) {
        fires = ExecutionTime.forCron(
                new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ)).parse(cron));
    }

    /** The last fire before {@code now}. */
    long current(Instant now) {
        return fires.lastExecution(now.atZone(ZoneOffset.UTC)).orElseThrow().toEpochSecond();
    }

    long after(long round) {
        ZonedDateTime fire = Instant.ofEpochSecond(round).atZone(ZoneOffset.UTC);
        return fires.nextExecution(fire).orElseThrow().toEpochSecond();
    }

    /** The round to work on, given the known progress of all partitions in the order of the walk. */
    long worked(Collection<Progress> walk, Instant now) {
        long current = current(now);
        Long last = walk.stream().map(Progress::roundId).filter(round -> round != null).findFirst().orElse(null);
        if (last == null) {
            return current;
        }
        if (walk.stream().anyMatch(progress -> progress.isOf(last) && !progress.processed())) {
            return last;
        }
        return last < current ? after(last) : current;
    }
}
