// Copyright (c) 2026, connectops.recovery contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Date;
import java.util.StringJoiner;
import java.util.TimeZone;
import org.quartz.CronExpression;

/**
 * What the real Quartz makes of cron expressions, in UTC. Arguments: a moment in epoch seconds, and how many fires after it.
 * Reads one expression per line and writes one line for each: the fires in epoch seconds, or "refused" and Quartz's reason.
 */
public final class QuartzFires {
    private QuartzFires() {}

    public static void main(String[] arguments) throws IOException {
        Date start = new Date(Long.parseLong(arguments[0]) * 1000);
        int count = Integer.parseInt(arguments[1]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(fires(line, start, count));
        }
    }

    private static String fires(String text, Date start, int count) {
        CronExpression expression;
        try {
            expression = new CronExpression(text);
        } catch (ParseException | RuntimeException e) {
            return "refused " + String.valueOf(e.getMessage()).replace('\n', ' ');
        }
        expression.setTimeZone(TimeZone.getTimeZone("UTC"));
        StringJoiner fires = new StringJoiner(" ");
        Date fire = expression.getTimeAfter(start);
        for (int number = 0; number < count && fire != null; number++) {
            fires.add(Long.toString(fire.getTime() / 1000));
            fire = expression.getTimeAfter(fire);
        }
        return fires.toString();
    }
}
