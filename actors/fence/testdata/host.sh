#!/bin/sh
# Is the machine of one host: waits for its network card, and runs the host's own firewall and an engine.
# In namespaces of its own (network, mounts); $1 is a folder with daemon.json, firewall.sh and host.env.
set -eu
dir=$1
for private in /run /etc/docker; do
	mkdir -p "$private"
	mount -t tmpfs tmpfs "$private"
done
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip link set lo up
ip addr add 10.88.0.5/24 dev eth0
ip link set eth0 up
ip route add default via 10.88.0.1
set -a
. "$dir/host.env"
set +a
sh "$dir/firewall.sh"
exec dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" --exec-root /run/docker --pidfile /run/docker.pid
