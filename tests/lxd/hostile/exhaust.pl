# Takes as much as it gets of something, and prints how much that was. Argument: processes, subvolumes.
use strict;
use warnings;

my %take = (
  processes => sub {
    my @children;
    my $error = '';
    while (@children < 20_000) {
      my $child = fork;
      if (!defined $child) { $error = "$!"; last }
      if ($child == 0) { sleep 120; exit }
      push @children, $child;
    }
    kill 'KILL', @children;
    return { taken => scalar(@children), error => $error };
  },
  subvolumes => sub {
    # Commands of ioctl, also with bits that the kernel ignores.
    my $ioctl = { x86_64 => 16, aarch64 => 29 }->{ (split ' ', `uname -m`)[0] };
    opendir(my $directory, '/root') or die "$!";
    open(my $handle, '<', '/root') or die "$!";
    my ($taken, %errors) = (0);
    for my $high (0, 1 << 32, 0xffffffff << 32) {
      for my $command (0x5000940e, 0x50009401, 0x50009417, 0x50009418) {
        my $v2 = $command >= 0x50009417 && $command != 0x50009401;
        my $source = $command == 0x50009401 || $command == 0x50009417 ? fileno($handle) : 0;
        my $name = "v$command" . ($high >> 32);
        my $arguments = $v2
          ? pack('q Q Q x32 a4040', $source, 0, 0, $name)
          : pack('q a4088', $source, $name);
        $arguments .= "\0" x (4096 - length $arguments);
        if (syscall($ioctl, fileno($handle), $high | $command, $arguments) == 0) { $taken++ }
        else { $errors{"$!"}++ }
      }
    }
    return { taken => $taken, error => join(', ', sort keys %errors) };
  },
);
my $result = $take{ $ARGV[0] }->();
print "{\"taken\":$result->{taken},\"error\":\"$result->{error}\"}\n";
