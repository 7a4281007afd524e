package JSON;

# JSON and base64 in a few lines: a minimal system has Perl, but none of its modules for these.

use strict;
use warnings;

my %ESCAPES = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");

# Texts are bytes in UTF-8, here and there.
sub decode {
    my ($text) = @_;
    my $value = _value(\$text);
    $text =~ /\G\s*\z/gc or die "JSON: something follows the value\n";
    return $value;
}

# Takes texts, lists and maps.
sub encode {
    my ($value) = @_;
    return '[' . join(',', map { encode($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return '{' . join(',', map { _quote($_) . ':' . encode($value->{$_}) } sort keys %$value) . '}' if ref $value;
    return _quote($value);
}

sub decode_base64 {
    my ($text) = @_;
    $text =~ tr{A-Za-z0-9+/}{}cd;
    $text =~ tr{A-Za-z0-9+/}{ -_};
    my $bytes = '';
    while ($text =~ /(.{1,60})/gs) { $bytes .= unpack 'u', chr(32 + int(length($1) * 3 / 4)) . $1 }
    return $bytes;
}

sub _quote {
    my ($text) = @_;
    $text =~ s/([\\"\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;
    return qq("$text");
}

sub _value {
    my ($text) = @_;
    return _map($text)    if $$text =~ /\G\s*\{/gc;
    return _list($text)   if $$text =~ /\G\s*\[/gc;
    return _string($text) if $$text =~ /\G\s*"/gc;
    return $1             if $$text =~ /\G\s*(-?\d[\d.eE+-]*)/gc;
    return $1 eq 'true' ? 1 : 0 if $$text =~ /\G\s*(true|false)/gc;
    return undef if $$text =~ /\G\s*null/gc;
    die "JSON: no value\n";
}

sub _map {
    my ($text) = @_;
    my %map;
    return \%map if $$text =~ /\G\s*\}/gc;
    while (1) {
        $$text =~ /\G\s*"/gc or die "JSON: no name\n";
        my $name = _string($text);
        $$text =~ /\G\s*:/gc or die "JSON: no colon\n";
        $map{$name} = _value($text);
        next if $$text =~ /\G\s*,/gc;
        return \%map if $$text =~ /\G\s*\}/gc;
        die "JSON: map without end\n";
    }
}

sub _list {
    my ($text) = @_;
    my @list;
    return \@list if $$text =~ /\G\s*\]/gc;
    while (1) {
        push @list, _value($text);
        next if $$text =~ /\G\s*,/gc;
        return \@list if $$text =~ /\G\s*\]/gc;
        die "JSON: list without end\n";
    }
}

sub _string {
    my ($text) = @_;
    my $string = '';
    while (1) {
        if    ($$text =~ /\G([^"\\]+)/gc) { $string .= $1 }
        elsif ($$text =~ /\G"/gc)         { return $string }
        elsif ($$text =~ /\G\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)/gc) {
            $string .= _character(0x10000 + ((hex($1) - 0xD800) << 10) + hex($2) - 0xDC00);
        }
        elsif ($$text =~ /\G\\u([0-9a-fA-F]{4})/gc) { $string .= _character(hex $1) }
        elsif ($$text =~ /\G\\(.)/gcs) { $string .= $ESCAPES{$1} // $1 }
        else                           { die "JSON: string without end\n" }
    }
}

sub _character {
    my $character = chr $_[0];
    utf8::encode($character);
    return $character;
}

1;
