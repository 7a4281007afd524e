package Service;

# Talks to the Actions service: one request a connection, HTTP/1.0, so that the answer ends with the connection.

use strict;
use warnings;
use Socket qw(AF_INET SOCK_STREAM IPPROTO_TCP TCP_NODELAY inet_aton pack_sockaddr_in);
use Errno qw(EINTR);
use JSON;

# url: of the service, with a slash at its end. proof: what the runner proves itself with.
sub new {
    my ($class, %self) = @_;
    @self{qw(host port path)} = $self{url} =~ m{^http://([^:/]+)(?::(\d+))?(/.*)$}
        or die "The address of the service is not one: $self{url}\n";
    $self{port} ||= 80;
    return bless \%self, $class;
}

# Returns status and body; an empty list when `wake` became readable first. Dies when the service cannot be reached.
sub request {
    my ($self, $method, $path, $body, %options) = @_;
    $body //= '';
    my $deadline = time + ($options{seconds} // 30);
    my $socket = $self->_connect;
    my $target = $path =~ m{^/} ? $path : $self->{path} . $path;
    my $head = join "\r\n", "$method $target HTTP/1.0", "Host: $self->{host}:$self->{port}",
        'User-Agent: GitHubActionsRunner-linux-x64/2.337.0', 'Authorization: ' . ($options{scheme} // 'Bearer') . " $self->{proof}",
        'Content-Type: application/json', 'Content-Length: ' . length $body, '', '';
    _write($socket, $head . $body);
    my $answer = _read($socket, $deadline, $options{wake});
    return unless defined $answer;
    my ($status, $content) = $answer =~ m{\AHTTP/1\.\d (\d+).*?\r\n\r\n(.*)\z}s
        or die "The service broke the connection\n";
    return ($status, $content);
}

# As `request`; an answer that is JSON comes decoded.
sub call {
    my ($self, @request) = @_;
    my ($status, $content) = $self->request(@request) or return;
    return ($status, $content =~ /^\s*[\[{]/ ? JSON::decode($content) : {});
}

sub _connect {
    my ($self) = @_;
    my $address = inet_aton($self->{host}) or die "Name or service not known ($self->{host}:$self->{port})\n";
    socket my $socket, AF_INET, SOCK_STREAM, IPPROTO_TCP or die "No socket: $!\n";
    local $SIG{ALRM} = sub { die "Connection timed out ($self->{host}:$self->{port})\n" };
    alarm 10;
    my $connected = connect $socket, pack_sockaddr_in($self->{port}, $address);
    my $reason = "$!";
    alarm 0;
    die "$reason ($self->{host}:$self->{port})\n" unless $connected;
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    return $socket;
}

sub _write {
    my ($socket, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    while (length $bytes) {
        my $count = syswrite $socket, $bytes;
        next if !defined $count && $! == EINTR;
        die "$!\n" unless defined $count;
        substr $bytes, 0, $count, '';
    }
}

sub _read {
    my ($socket, $deadline, $wake) = @_;
    my $answer = '';
    while (1) {
        my $wanted = '';
        vec($wanted, fileno $socket, 1) = 1;
        vec($wanted, fileno $wake, 1) = 1 if $wake;
        my $left = $deadline - time;
        die "The operation was canceled.\n" if $left <= 0;
        my $ready = select my $readable = $wanted, undef, undef, $left;
        next if $ready <= 0;
        return undef if $wake && vec $readable, fileno $wake, 1;
        my $count = sysread $socket, $answer, 65536, length $answer;
        next if !defined $count && $! == EINTR;
        die "$!\n" unless defined $count;
        return $answer if $count == 0;
    }
}

1;
