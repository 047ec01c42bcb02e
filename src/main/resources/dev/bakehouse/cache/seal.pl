# seal.pl write|check DIRECTORY CONTENTS WORD
#
# "write" notes the state of a cache directory, and a word, beside it; "check" ends with 0 when both
# are still the same: names, modes, sizes, inodes and times of all files. Ccache names its files by
# what is in them and touches them at each use, so times and counters say nothing there.
use strict;
use warnings;

my ($do, $dir, $contents, $word) = @ARGV;
$dir =~ m{^(.*)/([^/]+)$}s or exit 1;
my $file   = "$1/.bakehouse-$2.seal";
my $ccache = $contents eq 'CCACHE';
my ($text, @dirs) = ("$word\0", '.');
chdir $dir or exit 1;
while (defined(my $at = shift @dirs)) {
    opendir my $list, $at or exit 1;
    for my $name (sort readdir $list) {
        my $path = "$at/$name";
        next if $name eq '.' || $name eq '..' || $path eq './tmp' && ($ccache || $contents eq 'ZIG');
        next if $ccache && $name =~ /\A(?:stats|CACHEDIR\.TAG|ccache\.conf|inode-cache-.*|.*\.lock|.*\.alive)\z/s;
        my @stat = lstat $path or exit 1;
        if (-d _) { push @dirs, $path; $text .= "$path/\0"; next }
        $text .= join(' ', $path, @stat[1, 2, 7], $ccache ? () : @stat[9, 10]) . "\0";
    }
}
if ($do eq 'write') {
    open my $out, '>:raw', $file or exit 1;
    print {$out} $text and close $out and exit 0;
    unlink $file;
    exit 1;
}
open my $in, '<:raw', $file or exit 1;
local $/;
exit(<$in> eq $text ? 0 : 1);
