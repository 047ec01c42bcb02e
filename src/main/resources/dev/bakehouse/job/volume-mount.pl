# AT USER STATE SECTORS, as root: mounts the cache disk at AT, which is USER's. STATE is `kept` for a generation, `rehearsal`
# for nothing, which stays so, else a file system is made. Prints `mounted at SECONDS`, or why the disk is of no use.
attach(@rest);

sub attach {
    my ( $user, $state, $sectors ) = @_;
    my ( $uid, $gid ) = ( getpwnam $user )[ 2, 3 ];
    make( $at, $uid, $gid );
    my $disk = disk($sectors) // die "the VM has no cache disk\n";
    # The host may have changed the disk since the guest last looked: BLKFLSBUF.
    sysopen my $block, "/dev/$disk", 0 or die "can not open /dev/$disk: $!\n";
    ioctl $block, 0x1261, 0 or die "can not flush /dev/$disk: $!\n";
    close $block;
    my $rehearsal = $state eq 'rehearsal';
    if ( $state ne 'kept' && !$rehearsal ) {
        my $discard = $state eq 'useless' ? 'discard' : 'nodiscard';
        my $options = "$discard,lazy_itable_init=1,root_owner=$uid:$gid";
        my $said    = `mkfs.ext4 -q -F -m 0 -i 16384 -O ^has_journal -E $options /dev/$disk 2>&1`;
        die "mkfs.ext4: $said\n" if $?;
    }
    my ( $source, $type, $options ) = ( "/dev/$disk", 'ext4', 'discard,noinit_itable' );
    my $flags = 2 | 4 | 1024 | ( $rehearsal ? 32768 : 0 );    # nosuid, nodev, noatime, silent
    my $why =
          syscall( $call->{mount} + 0, $source, $at, $type, $flags, $options ) ? "it can not be mounted: $!"
        : damaged()                                                              ? 'its file system is damaged'
        : full()                                                                 ? 'it is nearly full'
        : $rehearsal                                                             ? 'nothing should be on it'
        :                                                                          return print 'mounted at ', time;
    umount() if $why !~ /mounted/;
    print $why;
}

sub disk {
    my ($sectors) = @_;
    my @all = sort grep { /\Avd/ } names('/sys/block');
    my ($disk) = grep { text("/sys/block/$_/serial") eq 'cache' } @all;
    return $disk if defined $disk;
    my %used = map { m{^/dev/(vd[a-z]+)} ? ( $1 => 1 ) : () } mounts();
    return ( grep { !$used{$_} && text("/sys/block/$_/size") eq $sectors } @all )[-1];
}
