#!/usr/bin/env bash
# Boots systemd as the first process of namespaces of its own, over a copy of / that is thrown away, with no network but its own
# loopback; runs run.sh of a directory there as a service, with that directory at /run/place; and takes everything down.
#
#   bash boot.sh DIRECTORY        DIRECTORY/over is laid over /, DIRECTORY/boot.log is what systemd says
#
# Needs root, and a kernel with overlayfs and cgroup v2.
set -euo pipefail
place="$(realpath "$1")"

if [ "${2:-}" != inside ]; then
    # A cgroup of its own, in a mount of its own: what runs here is none of the machine's.
    exec unshare --mount --propagation private bash "$0" "$place" inside
fi

work="$(mktemp -d)"
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{cgroup,upper,work,root}
mount -t cgroup2 cgroup2 "$work/cgroup"
group="$work/cgroup/airlock-test-$$"
mkdir "$group"

(
    sh -c 'echo $PPID' >"$group/cgroup.procs"
    exec unshare --pid --fork --kill-child=KILL --uts --ipc --net --cgroup --mount bash -euc '
        place="$1" work="$2"
        cd "$work"
        mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
        cd root
        mount -t proc proc proc
        mount -t sysfs sysfs sys
        mount -t cgroup2 cgroup2 sys/fs/cgroup
        for each in dev run tmp; do mount -t tmpfs tmpfs "$each"; done
        mkdir dev/pts dev/shm run/place
        mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
        ln -s pts/ptmx dev/ptmx
        for each in null zero full random urandom tty; do
            touch "dev/$each"
            mount --bind "/dev/$each" "dev/$each"
        done
        ln -s /proc/self/fd dev/fd
        # Where systemd writes its log, there being no console.
        mkfifo dev/kmsg
        { exec 3<>dev/kmsg; exec cat <&3; } &
        cp -a "$place/over/." .
        mount --bind "$place" run/place
        echo 0123456789abcdef0123456789abcdef >etc/machine-id
        mkdir -p etc/systemd/system
        printf "[Unit]\nRequires=place.service\n" >etc/systemd/system/place.target
        printf "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/bash /run/place/run.sh\n%s\n%s\n" \
            "StandardOutput=append:/run/place/out.log" "StandardError=append:/run/place/out.log" \
            >etc/systemd/system/place.service
        # Nothing of what a system does at its start is done, such as setting the kernel: it is the kernel of this machine.
        rm -rf usr/lib/systemd/system/*.wants etc/systemd/system/*.wants
        pivot_root . mnt
        umount -l /mnt
        cd /
        # As systemd makes it itself outside of containers: credentials are mounted by a process that has its own mounts.
        mount --make-rshared /
        exec env -i container=airlock PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            /lib/systemd/systemd --system --unit=place.target --log-target=kmsg --show-status=no
    ' bash "$place" "$work"
) >"$place/boot.log" 2>&1 &
booted=$!

# run.sh makes this file when it is through, whatever came of it.
for _ in $(seq 600); do
    [ -e "$place/done" ] && break
    kill -0 "$booted" 2>/dev/null || break
    sleep 0.1
done
{ kill -KILL "$booted"; wait "$booted"; } 2>/dev/null || true
for _ in $(seq 50); do
    rmdir "$group" 2>/dev/null && break
    # Groups of services lie below it.
    find "$group" -depth -mindepth 1 -type d -exec rmdir {} + 2>/dev/null || true
    sleep 0.1
done
umount -R "$work"
rmdir "$work"
[ -e "$place/done" ] || { cat "$place/boot.log" >&2; echo "error: systemd did not come up, or run.sh did not end" >&2; exit 1; }
