# AT PATH…, as root: lets go of it with nothing on it but PATHs. Prints `emptied`, when it was nearly full, and `frozen`, when
# processes of the job still use it.
seal(@rest);

# What is left of other caches and of work in progress goes first. A stray process of the job may still have a file open:
# then the file system is frozen, which writes all of it too.
#
# Zig's caches tell nothing of what is still of use, so they start over on a volume that fills up, and the others only where
# that is not enough.
sub seal {
    my %kept = map { $_ => 1 } @_;
    my %above;
    for my $up (@_) {
        my $path = $up;
        $above{$path} = 1 while $path =~ s{/[^/]*\z}{};
    }
    remove( map { my $tmp = "$at/$_/tmp"; map { "$tmp/$_" } grep { !/^\./ } names($tmp) } qw(ccache zig/local zig/global) );
    remove( others( '', \%kept, \%above ) );
    die "its file system is damaged\n" if damaged();
    if ( full() ) {
        remove("$at/zig");
        print 'emptied ';
    }
    remove( map { "$at/$_" } names($at) ) if full();
    return if umount();
    sysopen my $root, $at, 0 or die "can not open $at: $!\n";
    ioctl $root, 0xc0045877, 0 or die "can not freeze $at: $!\n";    # FIFREEZE
    print 'frozen';
}

sub others {
    my ( $dir, $kept, $above ) = @_;
    my @gone;
    for my $path ( map { $dir . $_ } names("$at/$dir") ) {
        next if $kept->{$path};
        push @gone, $above->{$path} ? others( "$path/", $kept, $above ) : "$at/$path";
    }
    return @gone;
}

sub remove {
    my @paths = @_;
    while ( my @some = splice @paths, 0, 500 ) {
        system( 'rm', '-rf', '--', @some ) == 0 or die "rm ended with status $?\n";
    }
}
