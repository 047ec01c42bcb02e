#!/usr/bin/perl
# zig-obj.pl OBJECT STATS-DIR ZIG build-obj ARGS…
#
# Runs the compiler the way `zig build` does: over its server protocol (lib/std/zig/Server.zig and
# Client.zig of Zig 0.15: messages of a tag, a length and a body, 32-bit little-endian). Only so
# does it use its cache for a lone object, and only so does it say whether it had to compile.
#
# Writes zig-local.json (compilations: found in the local cache or not) and zig-global.json (files
# of Zig's library that the compilation uses: their parsed form was in the global cache or not).
use strict;
use warnings;

my ( $object, $stats, @command ) = @ARGV;
my ( $UPDATE, $EXIT ) = ( 1, 0 );
my ( $DIGEST, $INPUTS ) = ( 2, 5 );
my ( $local, $global ) = map { $ENV{$_} // die "$_ is not set\n" } qw(ZIG_LOCAL_CACHE_DIR ZIG_GLOBAL_CACHE_DIR);
my $before = entries("$global/z");

pipe my $reader, my $request or die "pipe: $!\n";
pipe my $answer, my $writer or die "pipe: $!\n";
my $pid = fork // die "fork: $!\n";
if ( !$pid ) {
    open STDIN,  '<&', $reader or die "stdin: $!\n";
    open STDOUT, '>&', $writer or die "stdout: $!\n";
    close $_ for $reader, $request, $answer, $writer;
    exec @command, '--listen=-' or die "$command[0]: $!\n";
}
close $reader;
close $writer;
binmode $_ for $request, $answer;
syswrite $request, pack 'V4', $UPDATE, 0, $EXIT, 0;

my ( $hit, $digest, $library ) = ( 0, undef, 0 );
while ( read( $answer, my $head, 8 ) // 0 ) {
    my ( $tag, $length ) = unpack 'V2', $head;
    read $answer, my $body, $length if $length;
    if ( $tag == $DIGEST ) {
        $hit    = unpack( 'C', $body ) & 1;
        $digest = unpack 'H32', substr $body, 1;
    }
    elsif ( $tag == $INPUTS ) {
        $library = grep { /^\x02/ } split /\0/, $body;
    }
}
waitpid $pid, 0;
if ( !defined $digest ) {
    system @command, '-fno-emit-bin';    # Says in words what is wrong.
    die "zig made no object\n";
}

my ($name) = $object =~ m{([^/]+)$};
copy( "$local/o/$digest/$name", $object );
my $new = entries("$global/z") - $before;
$new     = $library if $new > $library;
mkdir $stats;
report( 'zig-local', $hit, 1 - $hit );
report( 'zig-global', $library - $new, $new );
print 'zig: ', ( $hit ? 'cached' : 'compiled' ), ", $new of $library library files parsed\n";

sub entries {
    my ($dir) = @_;
    opendir my $list, $dir or return 0;
    return scalar grep { !/^\./ } readdir $list;
}

sub copy {
    my ( $from, $to ) = @_;
    open my $in,  '<:raw', $from or die "$from: $!\n";
    open my $out, '>:raw', $to   or die "$to: $!\n";
    local $/ = \65536;
    print {$out} $_ while <$in>;
    close $out or die "$to: $!\n";
}

sub report {
    my ( $kind, $hits, $misses ) = @_;
    open my $out, '>', "$stats/$kind.json" or die "$stats/$kind.json: $!\n";
    print {$out} qq({"kind":"$kind","hits":$hits,"misses":$misses}\n);
    close $out or die "$stats/$kind.json: $!\n";
}
