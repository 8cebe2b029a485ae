#!/bin/busybox sh
# Process 1 of a guest: modules, disk, network, the checkout, then commands from the tests.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
for folder in /run /tmp; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
name=guest
for word in $(cat /proc/cmdline); do
  case $word in
    vm.name=*) name=${word#*=} ;;
    vm.address=*) # vm.address=eth0@10.0.0.1/24
      pair=${word#*=}
      ip link set "${pair%%@*}" up
      ip addr add "${pair#*@}" dev "${pair%%@*}" ;;
  esac
done
hostname "$name"
ip link set lo up
mount -t ext4 /dev/vda /var
for share in src code; do
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro $share /$share
done
echo 1 >/proc/sys/kernel/panic

# Each line: an id, and a command in base64. Each answer: the id, the exit code, what was printed in base64.
port=/dev/$(ls /sys/class/virtio-ports | head -n 1)
exec 3<>"$port"
answer() {
  file=$(mktemp)
  echo "$2" | base64 -d | (cd /root && exec sh) >"$file.out" 2>&1
  code=$?
  echo "$1 $code $(base64 -w 0 "$file.out")" >"$file"
  until mkdir /run/answering 2>/dev/null; do sleep 0.01; done
  cat "$file" >&3
  rmdir /run/answering
  rm -f "$file" "$file.out"
}
while :; do
  while read -r id command <&3; do answer "$id" "$command" & done
  sleep 0.05
done
