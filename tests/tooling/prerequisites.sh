#!/bin/sh
# Says in one sentence each what a machine lacks that make cannot install itself, and fails if there is anything.
# usage: prerequisites.sh "make test" python git jdk maven
set -eu

asked=$1
shift
missing=0

# need NAME MINIMUM VERSION COMMAND REMEDY: VERSION is what COMMAND says it is, empty where it cannot be run
need() {
    if [ -z "$3" ]; then
        echo "$asked needs $1 >= $2 ($4): $5." >&2
    elif [ "$(printf '%s\n' "$2" "$3" | sort -V | head -n 1)" != "$2" ]; then
        echo "$asked needs $1 >= $2 ($4), but found $3: $5." >&2
    else
        return 0
    fi
    missing=1
}

# version WORDS COMMAND...: the number that follows WORDS (Maven puts colour codes before its own) in what COMMAND prints
version() {
    words=$1
    shift
    "$@" 2>&1 | sed -n "s/.*$words \([0-9][0-9.]*\).*/\1/p" | head -n 1
}

for prerequisite; do
    case $prerequisite in
    python)
        python=${PYTHON:-python3}
        need Python 3.11 "$(version Python "$python" --version)" "$python" \
            'install the Debian package python3, or name another with PYTHON=python3.11'
        if command -v "$python" >/dev/null && ! "$python" -c 'import ensurepip' 2>/dev/null; then
            echo "$asked needs Python's venv module ($python -m venv): install the Debian package python3-venv." >&2
            missing=1
        fi
        ;;
    git)
        need git 2.20 "$(version 'git version' git --version)" git 'install the Debian package git'
        ;;
    jdk)
        need JDK 17 "$(version javac javac -version)" javac 'install the Debian package default-jdk-headless'
        ;;
    maven)
        need Maven 3.8 "$(version 'Apache Maven' mvn --batch-mode --version)" mvn 'install the Debian package maven'
        ;;
    *)
        echo "prerequisites.sh knows python, git, jdk and maven, not $prerequisite." >&2
        exit 2
        ;;
    esac
done
exit "$missing"
