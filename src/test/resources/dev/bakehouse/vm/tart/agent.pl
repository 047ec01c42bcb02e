# The guest agent of the stand-in: one connection on port 8080 is one command.
#
# We greet with "A". Request: count, then each word, all numbers 32 bits big-endian, words counted.
# Frames both ways: kind, size, bytes. Kind 0: standard input, empty for its end; 1, 2: the outputs; 3: status.
use strict;
use warnings;
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);

socket my $listen, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
setsockopt $listen, SOL_SOCKET, SO_REUSEADDR, 1;
bind $listen, pack_sockaddr_in(8080, INADDR_ANY) or die "bind: $!\n";
listen $listen, 64 or die "listen: $!\n";
$SIG{CHLD} = 'IGNORE';
while (1) {
    accept my $peer, $listen or next;
    my $pid = fork // next;
    if (!$pid) { close $listen; eval { serve($peer) }; POSIX::_exit(0) }
    close $peer;
}

sub exactly {
    my ($from, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        sysread $from, $bytes, $size - length $bytes, length $bytes or return;
    }
    return $bytes;
}

sub fully {
    my ($to, $bytes) = @_;
    while (length $bytes) {
        my $sent = syswrite($to, $bytes) // return;
        substr $bytes, 0, $sent, '';
    }
}

sub serve {
    my ($peer) = @_;
    $SIG{CHLD} = 'DEFAULT';
    $SIG{PIPE} = 'IGNORE';
    setsockopt $peer, IPPROTO_TCP, TCP_NODELAY, 1;
    fully($peer, 'A');
    my $count = unpack 'N', exactly($peer, 4) // return;
    my @words = map { exactly($peer, unpack 'N', exactly($peer, 4)) } 1 .. $count;
    pipe my $in_r,  my $in_w  or die;
    pipe my $out_r, my $out_w or die;
    pipe my $err_r, my $err_w or die;
    my $pid = fork // die;
    if (!$pid) {
        POSIX::setsid();
        $SIG{PIPE} = 'DEFAULT';
        open STDIN,  '<&', $in_r;
        open STDOUT, '>&', $out_w;
        open STDERR, '>&', $err_w;
        no warnings 'exec';
        exec { $words[0] } @words;
        print STDERR "$words[0]: $!\n";
        POSIX::_exit(127);
    }
    close $_ for $in_r, $out_w, $err_w;
    my %kind = (fileno $out_r, 1, fileno $err_r, 2);
    my %open = (fileno $out_r, $out_r, fileno $err_r, $err_r);
    my $connected = 1;
    while (%open) {
        my $bits = '';
        vec($bits, $_, 1) = 1 for keys %open, $connected ? fileno $peer : ();
        next if select($bits, undef, undef, undef) < 0;
        if ($connected && vec $bits, fileno $peer, 1) {
            my $head = exactly($peer, 5);
            my (undef, $size) = defined $head ? unpack 'CN', $head : ();
            if (!defined $head) { $connected = 0; close $in_w if $in_w; kill 'HUP', -$pid }
            elsif ($size) { fully($in_w, exactly($peer, $size)) if $in_w }
            else { close $in_w if $in_w; $in_w = undef }
        }
        for my $number (keys %open) {
            next if !vec $bits, $number, 1;
            if (sysread $open{$number}, my $bytes, 65536) {
                fully($peer, pack('CN', $kind{$number}, length $bytes) . $bytes);
            }
            else { close delete $open{$number} }
        }
    }
    waitpid $pid, 0;
    my $status = $? & 127 ? 255 : $? >> 8;
    fully($peer, pack 'CNN', 3, 4, $status);
}
