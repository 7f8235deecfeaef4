# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jars of one Kafka version and of the lab's connector: Maven builds them once, .cache/lab keeps them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

DEFAULT_KAFKA_VERSION = "3.9.2"
CACHE = Path(__file__).parents[2] / ".cache" / "lab"
CONNECTOR = Path(__file__).with_name("connector")
LOGGING = Path(__file__).with_name("logging")
QUARTZ_FIRES = Path(__file__).with_name("quartz") / "QuartzFires.java"

ARCHIVES = "archives"
# Start quickly and stay small; nothing here runs long enough to gain from the second compiler.
JVM_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx256m", "-Xshare:auto")


@dataclass(frozen=True)
class Jars:
    """Where the jars of one Kafka version are, and the archives of the classes that are loaded from them.

    A process that ends on its own leaves its archive in ``archives_to``, if given. Each is named after its main class.
    """

    kafka_version: str
    home: Path
    archives_to: Path | None = None

    @property
    def version_numbers(self) -> tuple[int, int]:
        major, minor = self.kafka_version.split(".")[:2]
        return int(major), int(minor)

    @property
    def plugin_path(self) -> Path:
        return self.home / "plugins"

    def java(self, main_class: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
        """The command that runs a class of Kafka."""
        return [
            "java",
            *JVM_OPTIONS,
            *options,
            *self._archive_options(main_class),
            *self._logging_options(),
            "-cp",
            str(self.home / "kafka" / "*"),
            main_class,
            *arguments,
        ]

    def quartz_fires(self, expressions: Sequence[str], after: int, count: int) -> list[tuple[int, ...] | None]:
        """The first ``count`` fires of each expression after a moment, all in epoch seconds, as Quartz has them.

        None for an expression that Quartz refuses.
        """
        told = subprocess.run(
            ["java", *JVM_OPTIONS, "-cp", str(self.home / "quartz" / "*"), str(QUARTZ_FIRES), str(after), str(count)],
            input="".join(f"{expression}\n" for expression in expressions),
            capture_output=True,
            text=True,
            check=True,
        )
        lines = told.stdout.splitlines()
        return [None if line.startswith("refused") else tuple(map(int, line.split())) for line in lines]

    def _archive_options(self, main_class: str) -> list[str]:
        if self.archives_to is not None:
            return [f"-XX:ArchiveClassesAtExit={self.archives_to / main_class}.jsa"]
        archive = self.home / ARCHIVES / f"{main_class}.jsa"
        return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []

    def _logging_options(self) -> list[str]:
        if self.version_numbers >= (4, 0):
            return [f"-Dlog4j2.configurationFile={LOGGING / 'log4j2.properties'}"]
        return [f"-Dlog4j.configuration=file:{LOGGING / 'log4j.properties'}"]


def chosen(kafka_version: str | None = None) -> Jars:
    """The jars of the chosen version, built or not: the argument, else the environment's ``KAFKA_VERSION``, else the default.

    Raises RuntimeError for what is not a version.
    """
    version = kafka_version or os.environ.get("KAFKA_VERSION") or DEFAULT_KAFKA_VERSION
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise RuntimeError(
            f"KAFKA_VERSION {version!r} is not a version of Kafka: set it to one such as {DEFAULT_KAFKA_VERSION}."
        )
    return Jars(version, CACHE / version)


def build(kafka_version: str | None = None) -> Jars:
    """Resolve and build what is not there yet of the version that :func:`chosen` finds.

    Raises RuntimeError with Maven's last lines, or if Maven or Java is missing.
    """
    jars = chosen(kafka_version)
    stamp = jars.home / "inputs.sha256"
    inputs = _hash_of_inputs()
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / f"{jars.kafka_version}.lock"):
        if not stamp.exists() or stamp.read_text() != inputs:
            shutil.rmtree(jars.home, ignore_errors=True)
            _run_maven(jars)
            stamp.write_text(inputs)
    return jars


@contextmanager
def archiving(jars: Jars) -> Iterator[Jars | None]:
    """The jars with which a lab leaves archives when its processes end; None when there are archives already.

    A process that finds its archive starts in half the CPU time. One that does not, or finds that of another Java, starts
    without.
    """
    with _locked(CACHE / f"{jars.kafka_version}.lock"):
        if (jars.home / ARCHIVES).exists():
            yield None
            return
        unfinished = jars.home / f"{ARCHIVES}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        yield replace(jars, archives_to=unfinished)
        unfinished.rename(jars.home / ARCHIVES)


def _run_maven(jars: Jars) -> None:
    for tool, package in (("mvn", "maven"), ("java", "openjdk-17-jdk-headless")):
        if shutil.which(tool) is None:
            raise RuntimeError(f"The lab needs {tool} on the PATH: install the Debian package {package}.")
    logging = "log4j2" if jars.version_numbers >= (4, 0) else "reload4j"
    maven = subprocess.run(
        [
            "mvn",
            "--batch-mode",
            "--no-transfer-progress",
            f"--file={CONNECTOR / 'pom.xml'}",
            f"-Dkafka.version={jars.kafka_version}",
            f"-Dlab.logging={logging}",
            f"-Dlab.home={jars.home}",
            "package",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if maven.returncode != 0:
        last_lines = "\n".join(maven.stdout.splitlines()[-25:])
        raise RuntimeError(f"Maven could not build the lab for Kafka {jars.kafka_version}; it ends:\n{last_lines}")


def _hash_of_inputs() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in CONNECTOR.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(CONNECTOR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
