#!/bin/sh
# Routes for edgeproxy.io/transparent, on the node EdgeProxy runs on: an endpoint's answer is addressed to the client, so it must be
# delivered here instead of being forwarded. "up" adds them, "down" removes them. Needs root, and the kernel's nft_socket.
set -e

# Any mark, rule and table number nobody else on the node uses.
mark=0x45500000
table=4550

down() {
  nft delete table inet edgeproxy-transparent 2>/dev/null || true
  for family in -4 -6; do
    ip $family rule del fwmark $mark lookup $table 2>/dev/null || true
    ip $family route del local default dev lo table $table 2>/dev/null || true
  done
}

up() {
  # "socket transparent" matches what belongs to one of our own connections from a foreign address, and nothing else.
  nft -f - <<NFT
table inet edgeproxy-transparent {
  chain prerouting {
    type filter hook prerouting priority mangle;
    meta l4proto tcp socket transparent 1 meta mark set $mark
  }
}
NFT
  for family in -4 -6; do
    ip $family rule add fwmark $mark lookup $table
    ip $family route add local default dev lo table $table
  done
}

case "$1" in
  up) down; up ;;
  down) down ;;
  *) echo "usage: $0 up|down" >&2; exit 2 ;;
esac
