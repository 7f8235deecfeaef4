// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package org.connectops.lab;

import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import com.stripe.model.reporting.ReportRun;
import com.stripe.param.reporting.ReportRunCreateParams;
import com.stripe.param.reporting.ReportRunListParams;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.kafka.connect.errors.ConnectException;

/** What the connector asks of one Stripe account. */
final class StripeAccount {
    private static final int READ_TIMEOUT_MS = 80_000;

    private final StripeClient stripe;
    private final String key;
    private final HttpClient files = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    StripeAccount(String key, String apiBase) {
        this.key = key;
        stripe = StripeClient.builder()
                .setApiKey(key)
                .setApiBase(apiBase)
                .setReadTimeout(READ_TIMEOUT_MS)
                .setMaxNetworkRetries(2)
                .build();
    }

    /** Fails where the key is not good for report runs. */
    void test() throws StripeException {
        stripe.v1().reporting().reportRuns().list(ReportRunListParams.builder().setLimit(1L).build());
    }

    /** Up to where the data of a report type is there, in epoch seconds. */
    long dataAvailableEnd(String reportType) throws StripeException {
        return stripe.v1().reporting().reportTypes().retrieve(reportType).getDataAvailableEnd();
    }

    /** Without columns an empty {@code parameters[columns]=} is sent. */
    ReportRun createRun(String reportType, long start, long end, List<String> columns) throws StripeException {
        ReportRunCreateParams.Parameters.Builder parameters = ReportRunCreateParams.Parameters.builder()
                .setIntervalStart(start).setIntervalEnd(end).addAllColumn(columns);
        return stripe.v1().reporting().reportRuns().create(
                ReportRunCreateParams.builder().setReportType(reportType).setParameters(parameters.build()).build());
    }

    ReportRun run(String runId) throws StripeException {
        return stripe.v1().reporting().reportRuns().retrieve(runId);
    }

    /** The rows of a run's CSV file, columns in the file's order; none where the file is gone (404). */
    Optional<List<Map<String, String>>> rows(ReportRun run) throws IOException, InterruptedException {
        if (run.getResult() == null) {
            throw new ConnectException("Report run " + run.getId() + " has no result (" + run.getStatus() + ")");
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(run.getResult().getUrl()))
                .header("Authorization", "Bearer " + key)
                .timeout(Duration.ofMillis(READ_TIMEOUT_MS))
                .build();
        HttpResponse<String> response = files.send(request, BodyHandlers.ofString());
        if (response.statusCode() == 404) {
            return Optional.empty();
        }
        if (response.statusCode() != 200) {
            throw new ConnectException(
                    "CSV file of report run " + run.getId() + " answered HTTP " + response.statusCode());
        }
        CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
        try (CSVParser parser = format.parse(new StringReader(response.body()))) {
            return Optional.of(parser.stream().map(CSVRecord::toMap).toList());
        }
    }
}
