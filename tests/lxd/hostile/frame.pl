# Sends one frame from the machine. Arguments: interface, MAC of the receiver.
use strict;
use warnings;
use Socket;

my ($interface, $target) = @ARGV;
socket(my $wire, 17, SOCK_RAW, 0) or die "packet socket: $!";
my $request = pack('a16x16', $interface);
ioctl($wire, 0x8933, $request) or die "no index of $interface: $!";
my $frame = pack('H12', $target =~ s/://gr) . pack('H12', '02aabbccddee') . pack('n', 0x88b5) . "\0" x 46;
send($wire, $frame, 0, pack('SnlSCCa8', 17, 0, unpack('x16i', $request), 1, 0, 6, "\0" x 8)) or die "send: $!";
