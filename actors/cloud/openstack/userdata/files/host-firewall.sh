#!/bin/sh
# Runs at every boot, before the engine: what containers must not reach.
set -eu

nameservers() {
	cat /run/systemd/resolve/resolv.conf /etc/resolv.conf 2>/dev/null |
		awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127\./ { print $2 }' | sort -u
}

own_networks() {
	ip -4 route show scope link | awk '$0 !~ / dev (docker0|br-)/ && $1 ~ /^[0-9.]+\/[0-9]+$/ { print $1 }'
}

# Declaring a chain with --noflush empties that chain only.
{
	echo '*filter'
	echo ':PB-FORWARD - [0:0]'
	echo ':PB-INPUT - [0:0]'
	echo '-A PB-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'
	for address in $(nameservers); do
		echo "-A PB-FORWARD -d $address -p udp --dport 53 -j RETURN"
		echo "-A PB-FORWARD -d $address -p tcp --dport 53 -j RETURN"
	done
	for network in 169.254.0.0/16 $PB_NETWORKS $(own_networks); do
		echo "-A PB-FORWARD -d $network -j DROP"
	done
	echo "-A PB-FORWARD -p tcp --dport $PB_ENGINE_PORT -j DROP"
	echo '-A PB-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'
	echo '-A PB-INPUT -j DROP'
	echo COMMIT
} | iptables-restore --noflush
# hook TOOL CHAIN TARGET: containers' traffic goes through TARGET first, once.
hook() {
	for bridge in docker0 br-+; do
		"$1" -w 10 -C "$2" -i "$bridge" -j "$3" 2>/dev/null || "$1" -w 10 -I "$2" -i "$bridge" -j "$3"
	done
}

# The engine makes DOCKER-USER when there is none, and keeps one that is there.
iptables -w 10 -N DOCKER-USER 2>/dev/null || iptables -w 10 -n -L DOCKER-USER >/dev/null
hook iptables DOCKER-USER PB-FORWARD
hook iptables INPUT PB-INPUT

[ -e /proc/net/if_inet6 ] || exit 0 # a kernel without IPv6
{
	echo '*filter'
	echo ':PB-FORWARD - [0:0]'
	echo ':PB-INPUT - [0:0]'
	echo '-A PB-FORWARD -d fe80::a9fe:a9fe -j DROP'
	echo '-A PB-FORWARD -d fe80::/10 -j DROP'
	echo "-A PB-FORWARD -p tcp --dport $PB_ENGINE_PORT -j DROP"
	echo '-A PB-INPUT -p ipv6-icmp -j RETURN'
	echo '-A PB-INPUT -j DROP'
	echo COMMIT
} | ip6tables-restore --noflush
hook ip6tables FORWARD PB-FORWARD
hook ip6tables INPUT PB-INPUT
