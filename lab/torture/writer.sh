#!/bin/bash
# The service that must not run twice: stamps a file that all hosts share, every 20 ms.
#   writer.sh FILE
# One line a stamp: host, start, seconds. Each line is one write to a file opened for appending, so the lines of the file are in
# the order in which they were written, whoever wrote them.
file=$1
until [ -f "$file" ]; do read -rt 0.1 < <(:) ; sleep 0.1; done
exec {stamps}>>"$file"
start=$HOSTNAME-$$-$EPOCHREALTIME
# Never written to: reading it is a sleep that needs no further process.
exec {nothing}<> <(:)
while :; do
  printf '%s %s %s\n' "$HOSTNAME" "$start" "$EPOCHREALTIME" >&"$stamps"
  read -rt 0.02 -u "$nothing"
done
