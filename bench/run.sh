#!/bin/sh
# Runs the workloads against the installed peers, and against a Lianwu if one is named, and prints one table.
#
#   bench/run.sh [--lianwu HOST:PORT --credentials FILE [--lianwu-pid PID]] [--seconds N]
#
# The generator is the `lianwu` on the PATH, or the command in $BENCH (for example
# BENCH="target/release/examples/bench"). Peers are started on a free loopback port and stopped again.
set -eu

here=$(dirname "$0")
bench=${BENCH:-lianwu bench}
lianwu='' credentials='' lianwu_pid='' seconds=10
while [ $# -gt 0 ]; do
    case $1 in
        --lianwu) lianwu=$2 ;;
        --credentials) credentials=$2 ;;
        --lianwu-pid) lianwu_pid=$2 ;;
        --seconds) seconds=$2 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done

work=$(mktemp -d)
peer=''
stop() {
    [ -z "$peer" ] || kill "$peer" 2>/dev/null || true
    [ -z "$peer" ] || wait "$peer" 2>/dev/null || true
    peer=''
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# Runs one workload and prints its row; a run with loss still has a row, one that fails says so.
row() {
    label=$1; shift
    # shellcheck disable=SC2086 # the command may be two words
    $bench "$@" --seconds "$seconds" --row "$label" || [ $? -eq 1 ] || echo "| $label | $* | failed |"
}

workloads() {
    label=$1 address=$2 pid=$3; shift 3
    row "$label" echo "$address" --server-pid "$pid" --clients 200 --window 4 "$@"
    row "$label" echo "$address" --server-pid "$pid" --clients 1000 --window 1 "$@"
    row "$label" fan-in "$address" --server-pid "$pid" --qos 1 --window 20 "$@"
    row "$label" fan-in "$address" --server-pid "$pid" --qos 0 --window 20 "$@"
    row "$label" fan-out "$address" --server-pid "$pid" --qos 0 --window 20 "$@"
}

# A port nobody listens on, below the range the system gives to clients. Another program may still take it first:
# then the peer does not start, and the next one is tried.
start_mosquitto() {
    port=$((20000 + $$ % 10000))
    for _ in 1 2 3 4 5; do
        { cat "$here/peers/mosquitto.conf"; echo "listener $port 127.0.0.1"; } >"$work/mosquitto.conf"
        mosquitto -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
        peer=$!
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 "$peer" 2>/dev/null || break
            # shellcheck disable=SC2086
            if $bench idle "127.0.0.1:$port" --clients 1 --seconds 0 >/dev/null 2>&1; then return 0; fi
            sleep 0.2
        done
        stop
        port=$((port + 1))
    done
    echo "mosquitto does not start:" >&2
    cat "$work/mosquitto.log" >&2
    return 1
}

# shellcheck disable=SC2086
$bench heading
if command -v mosquitto >/dev/null; then
    start_mosquitto
    workloads "mosquitto" "127.0.0.1:$port" "$peer"
    stop
else
    echo "mosquitto is not installed, left out" >&2
fi
if [ -n "$lianwu" ]; then
    pid=${lianwu_pid:+--server-pid $lianwu_pid}
    # shellcheck disable=SC2086 # no option at all without a process id
    row "lianwu" report "$lianwu" $pid --credentials "$credentials" --window 4
    # shellcheck disable=SC2086
    row "lianwu" report "$lianwu" $pid --credentials "$credentials" --window 4 --qos 1
    # shellcheck disable=SC2086
    row "lianwu, one device" report "$lianwu" $pid --credentials "$credentials" --clients 1 --window 1
    # shellcheck disable=SC2086
    row "lianwu" echo "$lianwu" $pid --credentials "$credentials" --clients "$(($(grep -c , "$credentials") - 1))" --window 4
fi
