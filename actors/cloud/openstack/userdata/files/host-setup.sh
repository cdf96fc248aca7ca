#!/bin/sh
# Runs once, at the first boot; may be run again by hand.
set -eu

data_device() {
	for device in $PB_DATA_DEVICES; do
		tries=0
		while [ "$tries" -lt 60 ]; do
			[ -b "$device" ] && { readlink -f "$device"; return; }
			case "$device" in /dev/disk/*) [ "$tries" -ge 10 ] && break ;; esac
			tries=$((tries + 1))
			sleep 1
		done
	done
	echo "pb: no data volume at $PB_DATA_DEVICES" >&2
	return 1
}

mount_data() {
	[ -n "$PB_DATA_DEVICES" ] || return 0
	if ! blkid -L pb-docker >/dev/null; then
		device=$(data_device)
		# Whatever carries a signature is not blank, and is not formatted.
		if [ -n "$(wipefs --noheadings "$device")" ]; then
			echo "pb: $device is not blank and not ours; it is left alone" >&2
			return 1
		fi
		mkfs.ext4 -q -L pb-docker "$device"
	fi
	mkdir -p /var/lib/docker
	if ! grep -q '^LABEL=pb-docker ' /etc/fstab; then
		echo 'LABEL=pb-docker /var/lib/docker ext4 defaults,nofail,nosuid,nodev 0 2' >>/etc/fstab
		systemctl daemon-reload
	fi
	mountpoint -q /var/lib/docker || mount /var/lib/docker
	if command -v restorecon >/dev/null; then restorecon /var/lib/docker; fi
}

# In a machine's first minutes mirrors may be out of reach, and its own updates hold the lock.
persist() {
	tries=1
	until "$@"; do
		[ "$tries" -lt 8 ] || return 1
		sleep $((tries * 5))
		tries=$((tries + 1))
	done
}

install_iptables() {
	command -v iptables-restore >/dev/null && return 0
	if command -v apt-get >/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		persist apt-get update -q
		persist apt-get install -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends iptables
	else
		persist dnf -y -q install iptables-nft
	fi
}

install_engine() {
	command -v dockerd >/dev/null && return 0
	if command -v apt-get >/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		persist apt-get update -q
		persist apt-get install -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends docker.io
		return
	fi
	for package in moby-engine docker-ce; do
		if dnf -q list "$package" >/dev/null 2>&1; then
			persist dnf -y -q install "$package"
			return
		fi
	done
	echo "pb: no repository of this image has a Docker engine (moby-engine, docker-ce); add one with DD_HOST_USER_DATA_EXTRA" >&2
	return 1
}

# The machine's firewall is its security group; a reload of this one would drop our rules.
if systemctl cat firewalld.service >/dev/null 2>&1; then systemctl disable --now firewalld.service; fi
sysctl -q --system
mount_data
install_iptables
systemctl daemon-reload
systemctl enable pb-firewall.service
systemctl restart pb-firewall.service
install_engine
systemctl daemon-reload
systemctl enable docker.service
systemctl restart docker.service
