#!/bin/bash
# Process 1 of a lab: its network namespace is the switch, and every host's process namespace lies inside of this one,
# so that killing this process takes down the whole lab at once, with all mounts and cables.
# It holds the hosts' changed files in memory ($1): they outlive a host that is powered off, not the lab.
set -e
memory=$1
mount --make-rprivate /
mount -t tmpfs -o mode=755 sempre-lab "$memory"
echo READY
read -r go          # end of file: whoever builds the lab died before it was written down, so nobody would find us
exec >/dev/null 2>&1 </dev/null
set +e
while :; do sleep infinity & wait $!; done          # bash reaps orphans while it waits, and only then
