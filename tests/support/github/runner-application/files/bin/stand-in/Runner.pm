package Runner;

# What listener and worker share: the files of a configured runner, time, and diagnostic logs.

use strict;
use warnings;
use IO::Handle;
use JSON;
use Service;

our $VERSION = '2.337.0';
our @FILES = qw(.runner .credentials .credentials_rsaparams);

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or return undef;
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $content, $mode) = @_;
    open my $file, '>', $path or die "Cannot write $path: $!\n";
    chmod $mode, $path if defined $mode;
    print {$file} $content;
    close $file or die "Cannot write $path: $!\n";
}

# The settings of a configured runner and the service it belongs to; an empty list if it is not configured.
sub configuration {
    my ($settings, $key) = map { read_file($_) } '.runner', '.credentials_rsaparams';
    return unless defined $settings && defined $key;
    # GitHub writes the file with a byte order mark at times.
    $settings =~ s/^\xEF\xBB\xBF//;
    $settings = JSON::decode($settings);
    my $service = Service->new(url => $settings->{ServerUrlV2}, proof => JSON::decode($key)->{d});
    return ($settings, $service);
}

sub utc {
    my ($format) = @_;
    my ($second, $minute, $hour, $day, $month, $year) = gmtime;
    return sprintf $format, $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

sub now { return utc('%04d-%02d-%02d %02d:%02d:%02dZ') }

# Opens a diagnostic log and returns what writes a line to it.
sub diagnostics {
    my ($kind) = @_;
    mkdir '_diag';
    my $path = "_diag/${kind}_" . utc('%04d%02d%02d-%02d%02d%02d') . '-utc.log';
    open my $file, '>>', $path or return sub { };
    $file->autoflush(1);
    my $also = $ENV{ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT};
    return sub {
        my $line = '[' . now() . " INFO $kind] $_[0]\n";
        print {$file} $line;
        print $line if $also;
    };
}

1;
