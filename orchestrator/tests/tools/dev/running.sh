# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How ./dev talks, and runs what takes long.

bold='' red='' green='' yellow='' plain=''
live=no
if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then
  live=yes
  if [[ -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' plain=$'\e[0m'
  fi
fi

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "${yellow}dev: $*${plain}" >&2; }
die() {
  printf '%s\n' "${red}dev: $*${plain}" >&2
  exit "${code:-70}"
}
usage_error() {
  code=2
  die "$1; see ./dev help"
}

ticker=''
log=''
stop_ticker() {
  [[ -n $ticker ]] || return 0
  kill "$ticker" 2>/dev/null
  wait "$ticker" 2>/dev/null
  ticker=''
  [[ $live == no ]] || printf '\r\e[K'
}
# What runs under guarded(), and the signal that it was handed last.
child=''
handed=''
# hand_on SIGNAL: for a program that ends in order by itself. Until it has, guarded() waits.
hand_on() {
  handed=$1
  [[ -z $child ]] || kill "-$1" -- "-$child" 2>/dev/null
}
on_interrupt() {
  on_exit
  if [[ -n $child ]]; then
    kill -TERM -- "-$child" 2>/dev/null
    wait "$child"
  fi
  trap - EXIT
  warn "interrupted; nothing is lost that was finished"
  exit 130
}
trap on_interrupt INT TERM
on_exit() {
  stop_ticker
  [[ -z $log ]] || rm -f "$log"
}
trap on_exit EXIT

# left_after SECONDS: what ninja has left to do, where the step is one of ninja's.
left_after() {
  local last
  last=$(grep -ao '^\[[0-9]*/[0-9]*\]' "$log" 2>/dev/null | tail -n 1)
  [[ $last =~ ([1-9][0-9]*)/([0-9]+) ]] || return 0
  local finished=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
  printf ', %d of %d, about %d s left' "$finished" "$all" $(($1 * (all - finished) / finished))
}

# Shows that a step is still alive: each second on a terminal, each minute in a log.
start_ticker() {
  local name=$1 begin=$SECONDS
  (
    trap - EXIT INT TERM
    while sleep 1; do
      local past=$((SECONDS - begin))
      if [[ $live == yes ]]; then
        ((past < 2)) || printf '\r\e[K%s ... %d s%s' "$name" "$past" "$(left_after "$past")"
      elif ((past % 60 == 0)); then
        printf '%s ... %d s%s\n' "$name" "$past" "$(left_after "$past")"
      fi
    done
  ) &
  ticker=$!
}

# Runs a command in a process group of its own, so that Ctrl-C and SIGTERM end all of it: bash by itself hears a signal
# when the command has ended, and `meson test` ends one test and goes on with the next. Not for what asks the user.
guarded() {
  local status=0
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  wait "$child" || status=$?
  while [[ -n $handed ]]; do # the signal ended the wait, not the command
    handed='' status=0
    wait "$child" || status=$?
  done
  child=''
  return "$status"
}

# into FILE COMMAND...: what we say ourselves meanwhile does not go there.
into() { "${@:2}" >"$1" 2>&1; }

# step NAME COMMAND...: runs it with its output kept; shows the output when it fails, a line when it took long.
step() {
  local name=$1 begin=$SECONDS status=0
  shift
  log=$(mktemp) || die "cannot create a temporary file: is the disk full?"
  start_ticker "$name"
  guarded into "$log" "$@" || status=$?
  stop_ticker
  if ((status != 0)); then
    cat "$log"
    say "${red}failed${plain}  $name (exit code $status, $((SECONDS - begin)) s)"
  elif ((SECONDS - begin >= 2)); then
    say "${green}done${plain}    $name ($((SECONDS - begin)) s)"
  fi
  rm -f "$log"
  log=''
  return "$status"
}
