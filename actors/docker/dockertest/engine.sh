#!/bin/sh
# A Docker engine for tests only: own data, socket and bridge, nothing shared with another engine on the machine.
#   engine.sh start [DIR]   start it unless it already answers; prints its socket as a DOCKER_HOST
#   engine.sh stop  [DIR]   end it by its pid file, with its containers, mounts, bridge and files
#   engine.sh watch DIR     start it, then stop it as soon as standard input ends
# With DOCKERDRIVER_ENGINE_TLS=ADDRESS:PORT it also listens there over mutual TLS, with ca.pem, cert.pem and key.pem of DIR.tls.
set -eu

verb=${1:-}
dir=${2:-${DOCKERDRIVER_ENGINE_DIR:-/tmp/dockerdriver-engine}}
socket=$dir/docker.sock
pidfile=$dir/docker.pid
# The bridge is named after the folder, so that stop finds it without a record; interface names end at 15 bytes.
number=$(printf %s "$dir" | cksum | cut -d' ' -f1)
bridge=dd$number

alive() { [ -s "$pidfile" ] && [ -d "/proc/$(cat "$pidfile")" ] && grep -q '^dockerd' "/proc/$(cat "$pidfile")/comm"; }

answers() { docker_ping 2>/dev/null | grep -q OK; }

docker_ping() {
	if command -v curl >/dev/null; then
		curl -s --max-time 2 --unix-socket "$socket" http://docker/_ping
	else
		DOCKER_HOST=unix://$socket docker version --format OK
	fi
}

make_bridge() {
	ip link show "$bridge" >/dev/null 2>&1 && return
	ip link add "$bridge" type bridge
	# 10.200.0.0/14 in /24s: out of the way of Docker's own 172.16/12 and of most office networks.
	ip addr add "10.$((200 + number % 4)).$((number / 4 % 254)).1/24" dev "$bridge"
	ip link set "$bridge" up
}

start() {
	if alive && answers; then echo "unix://$socket"; return; fi
	[ "$(id -u)" = 0 ] || { echo "cannot start a Docker engine: only root can; set DOCKER_HOST to one that runs" >&2; exit 1; }
	for tool in dockerd docker-proxy ip; do
		command -v $tool >/dev/null || { echo "cannot start a Docker engine: $tool is not installed (apt-get install docker.io iptables iproute2)" >&2; exit 1; }
	done
	stop
	mkdir -p "$dir"
	# An empty configuration: /etc/docker/daemon.json is for the machine's own engine.
	echo "{}" >"$dir/daemon.json"
	make_bridge
	set --
	if [ -n "${DOCKERDRIVER_ENGINE_TLS:-}" ]; then
		set -- --host "tcp://$DOCKERDRIVER_ENGINE_TLS" --tlsverify --tlscacert "$dir.tls/ca.pem" --tlscert "$dir.tls/cert.pem" --tlskey "$dir.tls/key.pem"
	fi
	# iptables stays off: it is the machine's, and the userland proxy alone serves ports published on 127.0.0.1.
	setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$pidfile" --host "unix://$socket" \
		--config-file "$dir/daemon.json" --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
		--log-level warn "$@" </dev/null >"$dir/log" 2>&1 9>&- &
	started=$!
	tries=0
	until alive && answers; do
		tries=$((tries + 1))
		if [ $tries -gt 300 ] || ! [ -d "/proc/$started" ]; then
			echo "cannot start a Docker engine: it does not answer; its last words:" >&2
			tail -n 20 "$dir/log" >&2
			stop
			exit 1
		fi
		sleep 0.1
	done
	echo "unix://$socket"
}

stop() {
	if alive; then
		pid=$(cat "$pidfile")
		containerd=$(cat "$dir/exec/containerd/containerd.pid" 2>/dev/null || true)
		kill "$pid"
		wait_gone "$pid" 200 || kill -9 "$pid"
		if [ -n "$containerd" ] && grep -q '^containerd' "/proc/$containerd/comm" 2>/dev/null; then
			kill "$containerd" 2>/dev/null || true
			wait_gone "$containerd" 50 || kill -9 "$containerd"
		fi
	fi
	# Deepest first; lazily, for what a killed container's namespace still holds.
	awk -v d="$dir/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do umount -l "$mount" || true; done
	! ip link show "$bridge" >/dev/null 2>&1 || ip link del "$bridge"
	rm -rf "$dir"
}

# A zombie counts as gone: its parent, not we, must reap it.
wait_gone() {
	left=$2
	while [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

# One at a time; the engine itself must not inherit the lock.
lock() {
	exec 9>"$dir.lock"
	flock -w 60 9
}

case $verb in
start)
	lock
	start
	;;
stop)
	lock
	stop
	rm -f "$dir.lock"
	;;
watch)
	# However it ends; the certificates were there before us.
	trap 'rm -rf "$dir.tls"' EXIT
	trap 'stop; exit 1' INT TERM
	start
	cat >/dev/null
	stop
	;;
*)
	echo "usage: engine start|stop [DIR]" >&2
	exit 2
	;;
esac
