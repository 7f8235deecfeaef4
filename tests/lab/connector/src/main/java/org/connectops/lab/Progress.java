// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How far a partition has come: what an offset holds, and what the task remembers since its start. Times in epoch seconds. */
record Progress(Long intervalStart, Long intervalEnd, String runId, Long row, Long roundId, boolean processed) {
    /** At the end of a chunk: nothing is open, the next chunk begins at {@code end}. */
    static Progress endOfChunk(long end, long roundId, boolean processed) {
        return new Progress(end, end, null, null, roundId, processed);
    }

    static Progress fromOffset(Map<String, Object> offset) {
        Object runId = offset.get("in_progress_report_run_id");
        return new Progress(
                number(offset.get("interval_start")),
                number(offset.get("interval_end")),
                runId == null ? null : runId.toString(),
                row(offset.get("last_committed_row")),
                number(offset.get("round_id")),
                truth(offset.get("processed_in_round")));
    }

    Map<String, Object> toOffset() {
        Map<String, Object> offset = new HashMap<>();
        offset.put("interval_start", intervalStart);
        offset.put("interval_end", intervalEnd);
        offset.put("in_progress_report_run_id", runId);
        offset.put("last_committed_row", row);
        offset.put("round_id", roundId);
        offset.put("processed_in_round", processed);
        return offset;
    }

    boolean isOf(long round) {
        return roundId != null && roundId == round;
    }

    /** The row at which a report is taken up: a negative one counts as none. */
    long nextRow() {
        return row == null ? 0 : Math.max(0, row + 1);
    }

    /** Whether a report run is open. An empty id is none here, yet Stripe is asked for it. */
    boolean hasOpenRun() {
        return runId != null && !runId.isEmpty();
    }

    /** Null for what is no number: of strings only a sign and digits count, so neither "7.0" nor " 7 ". */
    private static Long number(Object value) {
        if (value instanceof Number number) {
            return number.longValue();
        }
        try {
            return value instanceof String text ? Long.valueOf(Long.parseLong(text)) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** As {@link #number}, but an int. */
    private static Long row(Object value) {
        if (value instanceof Number number) {
            return (long) number.intValue();
        }
        try {
            return value instanceof String text ? Long.valueOf(Integer.parseInt(text)) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static boolean truth(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        return value instanceof String text && List.of("true", "1", "yes").contains(text.trim().toLowerCase());
    }
}
