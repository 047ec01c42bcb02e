# figures.pl CHECKOUT REQUESTS STATSLOG CCACHE-DIR [COMPILER…]: what a step tells of its caches after its command, a line
# each, with tabs between the words:
#
#   json TEXT                  one file of CHECKOUT/bakehouse-stats
#   request KIND save|skip     a file that a target of Bakehouse.cmake left in REQUESTS
#   log HITS MISSES            what ccache did in this step, from its CCACHE_STATSLOG
#   counter NAME NUMBER        ccache's own counters, which live in the cache, now: the four that are of use
#   tool PATH SIZE SECONDS     a compiler on PATH: what ccache tells compilers apart by
use strict;
use warnings;

my ( $checkout, $requests, $log, $ccache, @compilers ) = @ARGV;

for my $file ( grep { -f } list("$checkout/bakehouse-stats") ) {
    next if $file !~ /\.json$/;
    my $text = first( $file, 4096 );
    $text =~ s/\s+/ /g;
    print "json\t$text\n";
}
for my $file ( grep { -f } list($requests) ) {
    my ($kind) = $file =~ m{([^/]*)$};
    my ($word) = first( $file, 16 ) =~ /^(save|skip)$/m;
    print "request\t$kind\t$word\n" if $word && $kind =~ /^[a-z0-9-]{1,41}$/;
}
if ( open my $in, '<', $log ) {
    my ( $hits, $misses ) = ( 0, 0 );
    while (<$in>) {
        $hits++   if /^(?:direct|preprocessed)_cache_hit$/;
        $misses++ if /^cache_miss$/;
    }
    print "log\t$hits\t$misses\n";
}
if ( $ccache ne '' && -d $ccache ) {
    # A number a line, at ccache's own places (4.7; newer ones are added at the end): starting ccache takes longer than this.
    my %place = ( cache_miss => 4, preprocessed_cache_hit => 8, direct_cache_hit => 22, cleanups_performed => 29 );
    my %sum;
    for my $file ( grep { -f } map { ( "$ccache/$_/stats", map { "$_/stats" } subdirs("$ccache/$_") ) } 0 .. 9, 'a' .. 'f' ) {
        my @numbers = split /\n/, first( $file, 4096 );
        $sum{$_} += $numbers[ $place{$_} ] // 0 for grep { ( $numbers[ $place{$_} ] // 0 ) =~ /^[0-9]{1,15}$/ } keys %place;
    }
    print "counter\t$_\t$sum{$_}\n" for sort keys %sum;
}
my %seen;
for my $name ( @compilers, qw(cc c++ gcc g++ clang clang++ zig) ) {
    for my $path ( $name =~ m{/} ? $name : map { "$_/$name" } split /:/, $ENV{PATH} ) {
        next if !-f -x $path;
        my ( $size, $time ) = ( stat _ )[ 7, 9 ];
        print "tool\t$path\t$size\t$time\n" if !$seen{$path}++ && $path !~ /[\t\n]/;
        last;
    }
}

sub subdirs {
    my ($dir) = @_;
    opendir my $in, $dir or return;
    return map { "$dir/$_" } grep { /^[0-9a-f]$/ } readdir $in;
}

sub list {
    my ($dir) = @_;
    opendir my $in, $dir or return;
    my @names = sort grep { !/^\./ } readdir $in;
    splice @names, 50 if @names > 50;
    return map { "$dir/$_" } @names;
}

sub first {
    my ( $file, $most ) = @_;
    open my $in, '<:raw', $file or return '';
    read $in, my $text, $most;
    return $text // '';
}
