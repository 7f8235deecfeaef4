// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;

/** Reads Stripe reports; behaves, traps included, as the connector that the recovery is made for. */
public class StripeSourceConnector extends SourceConnector {
    private Map<String, String> properties;

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public ConfigDef config() {
        return ConnectorSettings.DEFINITION;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return StripeSourceTask.class;
    }

    @Override
    public void start(Map<String, String> properties) {
        this.properties = properties;
        if (new ConnectorSettings(properties).start().equals("fail_connector")) {
            throw new ConnectException("The connector fails at its start, as lab.start asks");
        }
    }

    /** Every task gets the same work, so that more than one delivers everything several times. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, properties);
    }

    // Without @Override, for this method came with Kafka 3.6 and the lab also runs 3.5.
    public boolean alterOffsets(Map<String, String> config, Map<Map<String, ?>, Map<String, ?>> offsets) {
        return switch (new ConnectorSettings(config).alterOffsets()) {
            case "true" -> true;
            case "throw" -> throw new ConnectException("The connector refuses these offsets, as lab.alter.offsets asks");
            case "unsupported" -> throw new UnsupportedOperationException("lab.alter.offsets is unsupported");
            default -> false;
        };
    }

    @Override
    public void stop() {}
}
