// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** One timezone (a Stripe account) and one report type; ordered as the task walks them. */
record SourcePartition(String timezone, String reportType) {
    Map<String, String> toMap(boolean linked) {
        Map<String, String> map = linked ? new LinkedHashMap<>() : new HashMap<>();
        // A HashMap turns these two round; a LinkedHashMap keeps them, which makes other bytes in the offsets topic.
        map.put("report_type", reportType);
        map.put("timezone", timezone);
        return map;
    }
}
