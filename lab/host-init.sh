#!/bin/bash
# Process 1 of one lab host: what a machine has of its own, then its supervisor. Killing it is a power cut.
#   host-init.sh NAME DISK STATE CHECKOUT KEEPER [DAEMON ARGUMENT...]
# DISK: changed files of /etc and /var, kept while the host is off. STATE: becomes /var/lib/sempre, on a real disk,
# so that writing there takes the time that it takes. KEEPER: becomes /run/lab, the sockets of the lab's fence device and
# watchdog; may be empty. Without a DAEMON the host idles.
set -e
name=$1 disk=$2 state=$3 checkout=$4 keeper=$5
shift 5
mount --make-rprivate /
hostname "$name"
exec {code}<"$checkout"
mkdir -p "$state"
exec {kept}<"$state"
[ -z "$keeper" ] || exec {sockets}<"$keeper"

for folder in etc var; do
  mkdir -p "$disk/$folder" "$disk/.$folder"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$disk/$folder,workdir=$disk/.$folder" "/$folder"
done
mkdir -p /var/lib/sempre
mount -c --bind "/proc/self/fd/$kept" /var/lib/sempre     # -c: the folder itself, not what has its name now
for folder in /run /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=755 "$name" "$folder"; done
chmod 1777 /tmp /var/tmp /dev/shm
mkdir -p /run/lock /run/resource-agents /run/lab
[ -z "$keeper" ] || mount -c --bind "/proc/self/fd/$sockets" /run/lab
mount -t sysfs sysfs /sys 2>/dev/null || true       # so that /sys/class/net shows this host's interfaces
# A real watchdog device would reset the machine that the lab runs on.
for device in /dev/watchdog*; do [ ! -e "$device" ] || mount --bind /dev/null "$device"; done
# The program itself may lie under a folder that is hidden now.
if [ ! "$checkout" -ef "/proc/self/fd/$code" ]; then
  mkdir -p "$checkout"
  mount -c --bind "/proc/self/fd/$code" "$checkout"
fi
exec {code}<&- {kept}<&-
[ -z "$keeper" ] || exec {sockets}<&-

echo READY
read -r go          # the cables are in
exec </dev/null >/dev/null 2>&1
set +e
if [ $# -eq 0 ]; then
  while :; do sleep infinity & wait $!; done        # bash reaps orphans while it waits, and only then
fi

log=/var/log/sempre/daemon.log
mkdir -p /var/log/sempre
while :; do
  [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -lt 20000000 ] || : >"$log"
  "$@" >>"$log" 2>&1 &
  echo $! >/run/lab-daemon.pid
  wait $!                                           # reaps also what a killed daemon leaves behind, when that ends
  echo "lab: the daemon ended with $?; started again in 100 ms" >>"$log"
  sleep 0.1
done
