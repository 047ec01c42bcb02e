# Prints what the current directory holds, as `find . -printf` with Manifest.FORMAT would: macOS has no
# such find. Arguments: the command that prints the times of files, one a line; "--"; paths to leave out.
use strict;
use warnings;
use File::Temp ();

my @stat;
while (@ARGV && (my $word = shift) ne '--') { push @stat, $word }
my %without = map { ("./$_" => 1) } @ARGV;
my (@paths, @entries);

sub walk {
    my ($path) = @_;
    my (undef, $inode, $mode, $links, undef, undef, undef, $size) = lstat $path or die "$path: $!\n";
    my $type = -l _ ? 'l' : -d _ ? 'd' : -f _ ? 'f' : '?';
    my $target = $type eq 'l' ? readlink $path // die "$path: $!\n" : '';
    push @paths, $path;
    push @entries, [ $type, sprintf('%o', $mode & 07777), $size, undef, $links, $inode, substr($path, 2), $target ];
    return if $type ne 'd';
    opendir my $dir, $path or die "$path: $!\n";
    my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $dir;
    closedir $dir;
    walk($_) for grep { !$without{$_} } map { "$path/$_" } @names;
}

walk('.');
$entries[0][6] = '';
my $list = File::Temp->new;
(print {$list} map { "$_\0" } @paths and close $list) or die "$list: $!\n";
open STDIN, '<', "$list" or die "$list: $!\n";
open my $times, '-|', 'xargs', '-0', @stat or die "xargs: $!\n";
chomp(my @times = <$times>);
close $times or die "$stat[0] failed\n";
die "files came or went\n" if @times != @entries;
$entries[$_][3] = $times[$_] for 0 .. $#times;
binmode STDOUT;
print map { map { "$_\0" } @$_ } @entries;
close STDOUT or die "$!\n";
