#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh - fuzz each parser for a while, two at a time, and say what was done.
#
#   tests/fuzz/run.sh [-t SECONDS] [-j N] [-o FOLDER] [-b] [-c] [NOUN...]
#
#   -t SECONDS  of each target, 600 unless told
#   -j N        targets at a time, 2 unless told
#   -o FOLDER   programs, corpora, logs, findings and tables; kept, and used
#               again by the next run (a new one under /tmp unless told)
#   -b          do not build: the programs in FOLDER/bin are run
#   -c          the coverage of what is in FOLDER, and nothing else
#   NOUN...     these targets, else all
#
# By hand, or by ctest -L long.  Needs clang and llvm (cli/setup.sh tests).
# Exits with 1 when a target found something: FOLDER/found has the inputs.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=600 jobs=2 out='' build=yes fuzz=yes
while getopts t:j:o:bc o; do
	case $o in
	t) seconds=$OPTARG ;;
	j) jobs=$OPTARG ;;
	o) out=$OPTARG ;;
	b) build=no ;;
	c) fuzz=no ;;
	*) sed -n '4,16s/^# \{0,1\}//p' "$0"; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
for tool in clang llvm-cov llvm-profdata; do
	command -v $tool > /dev/null || { echo "$tool is missing"; exit 77; }
done
[ -n "$out" ] || out=$(mktemp -d /tmp/fuzz.XXXXXX)
mkdir -p "$out"/{bin,corpus,found,log}
out=$(cd "$out" && pwd)
nouns=("$@")
# The parsers of each target: what its coverage is counted over.
mapfile -t all < <(awk '!/^#/ && NF { print $1 }' tests/fuzz/parsers)
[ $# -gt 0 ] || nouns=("${all[@]}")

# The programs of a preset, copied: what is built later does not disturb them.
programs() { # PRESET FOLDER
	{ cmake --preset "$1" && cmake --build "build/$1" \
	    --target fuzz-targets; } > "$out/log/build-$1" 2>&1 || {
		tail -n 30 "$out/log/build-$1"
		exit 1
	}
	mkdir -p "$2"
	cp build/"$1"/tests/fuzz/fuzz_* "build/$1/tests/fuzz/fuzz-seeds" "$2"
}

one() { # NOUN
	local max=4096
	case $1 in
	config|profile|ini|keyfile|cms|portal|answer|explain|pdf|timestamp) max=16384 ;;
	evidence) max=32768 ;;
	esac
	mkdir -p "$out/corpus/$1" "$out/found/$1" "$out/seeds/$1"
	local TIMEFORMAT='cpu %U %S'
	# What OpenSSL keeps from one input to the next looks like a leak, and
	# libFuzzer then searches all memory after each: ten times slower.
	# LeakSanitizer searches once, in the end.
	{ time "$out/bin/fuzz_$1" -max_total_time="$seconds" -timeout=120 \
	    -detect_leaks=0 \
	    -rss_limit_mb=1024 -max_len=$max -print_final_stats=1 \
	    -artifact_prefix="$out/found/$1/" "$out/corpus/$1" \
	    "$out/seeds/$1" > "$out/log/$1" 2>&1 ||
	    echo "$1: stopped" >&2; } 2> "$out/log/$1.time"
	line "$1" | tee -a "$out/done"
}
stat_of() { # NOUN NAME
	sed -n "s/^stat::$2: *//p" "$out/log/$1" | tail -n 1
}
line() { # NOUN: noun, executions, CPU seconds, a second of CPU, new units, found
	local n cpu
	n=$(stat_of "$1" number_of_executed_units)
	cpu=$(awk '/^cpu/ { print int($2 + $3 + 0.5) }' "$out/log/$1.time")
	printf '%s %s %s %s %s %s\n' "$1" "${n:-?}" "$cpu" \
	    "$([ "${cpu:-0}" = 0 ] || echo $((${n:-0} / cpu)))" \
	    "$(stat_of "$1" new_units_added)" \
	    "$(find "$out/found/$1" -type f | wc -l)"
}

# Each file of the target's parsers, and the share of its lines reached.
coverage() { # NOUN
	local raw="$out/log/$1.profraw" data="$out/log/$1.profdata" files
	files=$(awk -v n="$1" '$1 == n { $1 = ""; print }' tests/fuzz/parsers)
	mkdir -p "$out/corpus/$1" "$out/seeds/$1"
	LLVM_PROFILE_FILE=$raw "$out/cover/fuzz_$1" -runs=0 -timeout=60 \
	    "$out/corpus/$1" "$out/seeds/$1" > "$out/log/$1.cover" 2>&1 ||
	    echo "$1: coverage: see $out/log/$1.cover"
	llvm-profdata merge -o "$data" "$raw"
	# shellcheck disable=SC2086
	llvm-cov report "$out/cover/fuzz_$1" -instr-profile="$data" $files |
	    awk -v n="$1" -v files="$files" '
		BEGIN { k = split(files, f, " ") }
		$1 ~ /\.c$/ {
			at = $1; sub(/.*\//, "", at)
			v = $10; sub(/\..*/, "", v)
			all = all sep at " " v " %"; sep = ", "
		}
		END { print n ": " all }'
	rm -f "$raw"
}

if [ $fuzz = yes ]; then
	[ $build = no ] || programs fuzz "$out/bin"
	"$out/bin/fuzz-seeds" . "$out/seeds"
	echo "target executions cpu-seconds per-cpu-second new-inputs found"
	for noun in "${nouns[@]}"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || :; done
		one "$noun" &
	done
	wait
fi
[ $build = no ] || programs fuzz-coverage "$out/cover"
for noun in "${nouns[@]}"; do
	[ ! -x "$out/cover/fuzz_$noun" ] || coverage "$noun"
done | tee "$out/coverage"
n=$(find "$out/found" -type f | wc -l)
echo "$n found; everything is in $out"
[ "$n" = 0 ]
