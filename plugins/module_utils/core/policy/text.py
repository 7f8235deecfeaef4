# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found by a policy, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.deviation import (
    SEVERITIES,
    Checked,
    Deviation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting


def policy_lines(
    cluster: str, checked: Sequence[Checked], classes: Mapping[str, Sequence[str]], of_no_class: Sequence[str]
) -> list[str]:
    """All connectors, each with its deviations from bad to good, and then the cluster in one line."""
    lines: list[str] = []
    for one in checked:
        lines += [*_connector_lines(cluster, one), ""]
    for name, connectors in classes.items():
        if not connectors:
            lines += wrapped(f"{cluster}: no connector is of the class {name}.", indent="")
    if of_no_class:
        lines += wrapped(
            f"{cluster}: not checked, because no class of the policy fits: {', '.join(of_no_class)}.", indent=""
        )
    deviating = sum(bool(one.deviations) for one in checked)
    verb = "deviates" if deviating == 1 else "deviate"
    found = f"{counted(len(checked), 'connector')} checked, {deviating} {verb} from the policy"
    lines += wrapped(f"{cluster}: {found}.", indent="")
    return lines


def _connector_lines(cluster: str, checked: Checked) -> Iterable[str]:
    found = counted(len(checked.deviations), "deviation") if checked.deviations else "complies with the policy"
    yield f"{cluster}  {checked.name}  {checked.of_class}  {found}"
    for deviation in sorted(checked.deviations, key=lambda one: SEVERITIES.index(one.severity), reverse=True):
        yield from wrapped(f"{deviation.severity}: {deviation.message}.")
        fix = _fix_text(deviation)
        if fix:
            yield from wrapped(fix, indent="    ")
    for why in checked.not_looked_at:
        yield from wrapped(f"not looked at: {why}")


def _fix_text(deviation: Deviation) -> str:
    fix = deviation.fix
    if fix is None:
        return ""
    if fix.value is None:
        return "fix: remove it"
    return f"fix: {'raise' if fix.option == 'at_least' else 'set'} it to {show_setting(fix.key, str(fix.value))}"
