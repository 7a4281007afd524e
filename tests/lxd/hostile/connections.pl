# Opens connections over UDP, each from a port of its own. Arguments: interface, own MAC, MAC of the gateway, own IPv4
# address, IPv4 address of the receiver, its port, how many.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);

my ($interface, $own, $gateway, $ip, $target, $to, $count) = @ARGV;
socket(my $wire, 17, SOCK_RAW, 0) or die "packet socket: $!";
my $request = pack('a16x16', $interface);
ioctl($wire, 0x8933, $request) or die "no index of $interface: $!";
my $place = pack('SnlSCCa8', 17, 0, unpack('x16i', $request), 1, 0, 6, "\0" x 8);
my $mac = sub { pack('H12', $_[0] =~ s/://gr) };
my $header = pack('CCnnnCCn', 0x45, 0, 28, 0, 0, 64, 17, 0) . inet_aton($ip) . inet_aton($target);
my $sum = 0;
$sum += $_ for unpack('n*', $header);
$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
substr($header, 10, 2) = pack('n', ~$sum & 0xffff);
my $sent = 0;
for my $port (20_001 .. 20_000 + $count) {
  my $frame = $mac->($gateway) . $mac->($own) . pack('n', 0x0800) . $header . pack('nnnn', $port, $to, 8, 0);
  $sent++ if send($wire, $frame, 0, $place);
  # In bursts, so that no queue on the way overflows.
  select(undef, undef, undef, 0.01) if $port % 200 == 0;
}
print "{\"sent\":$sent}\n";
