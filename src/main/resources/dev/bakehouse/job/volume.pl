# The cache volume of a Linux guest, by system calls: a program that starts costs more than all of it.
#
# volume.pl mount AT USER STATE SECTORS   as root: mounts the cache disk at AT, which is USER's; STATE is `kept` for a generation,
#                                         `rehearsal` for nothing, which stays so, else a file system is made. Prints why
#                                         the disk is of no use, if so.
# volume.pl seal AT PATH…                 lets go of it with nothing on it but PATHs. Prints `emptied`, when it was nearly
#                                         full, and `frozen`, when processes of the job still use it.
# volume.pl add DIR                       beside the job, as its user: puts the files of a tar archive from standard input
#                                         among those of DIR, each when it is whole, none over a newer one, until the disk
#                                         fills up. Prints how many, and their bytes.
use strict;
use warnings;

my $machine = do { open my $perl, '<:raw', '/proc/self/exe' or die "perl: $!\n"; read $perl, my $elf, 20; unpack 'x18v', $elf };
my $call    = { 62 => { mount => 165, umount => 166, statfs => 137 }, 183 => { mount => 40, umount => 39, statfs => 43 } }->{$machine}
    or die "no system calls are known for this machine\n";
my ( $do, $at, @rest ) = @ARGV;
$do eq 'mount' ? attach(@rest) : $do eq 'add' ? add() : seal(@rest);

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
        :                                                                          return;
    umount() if $why !~ /mounted/;
    print $why;
}

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

# Each is put there when it is whole, and none over a newer one. The archive may end anywhere: the job does not wait.
sub add {
    my ( $files, $bytes ) = ( 0, 0 );
    my $part = "$at/tmp/bakehouse.$$";
    make( "$at/tmp", -1, -1 );
    binmode STDIN;
    while ( read( STDIN, my $header, 512 ) == 512 ) {
        my ( $name, $mode, $size, $time, $type ) = unpack 'Z100A8x16A12A12x8a', $header;
        ( $mode, $size, $time ) = map { oct } $mode, $size, $time;
        # A name of 100 bytes may be the beginning of one.
        my $new = $type eq '0' && length $name < 100 && $name =~ m{\A\w+(?:/\w+)*\z};
        $new &&= ( ( stat "$at/$name" )[9] // -1 ) < $time;
        last if $new && full(3);
        open my $out, '>:raw', $new ? $part : '/dev/null' or die "can not write $part: $!\n";
        last if !copy( $size, $out ) || !copy( -$size % 512 );
        close $out or die "can not write $part: $!\n";
        next if !$new;
        chmod $mode & 0777, $part;
        utime $time, $time, $part;
        make( "$at/$name" =~ s{/[^/]*\z}{}r, -1, -1 );
        rename $part, "$at/$name" or next;    # A directory may have its name.
        $files++;
        $bytes += $size;
    }
    unlink $part;
    print "$files $bytes";
}

sub copy {
    my ( $left, $out ) = @_;
    while ( $left > 0 ) {
        my $count = read STDIN, my $some, $left < 65536 ? $left : 65536 or return;
        !$out or print $out $some or die "can not write: $!\n";
        $left -= $count;
    }
    return 1;
}

sub disk {
    my ($sectors) = @_;
    my @all = map { m{([^/]+)\z} } glob '/sys/block/vd*';
    my ($disk) = grep { text("/sys/block/$_/serial") eq 'cache' } @all;
    my %used = map { m{^/dev/(vd[a-z]+)} ? ( $1 => 1 ) : () } mounts();
    return $disk // ( grep { !$used{$_} && text("/sys/block/$_/size") eq $sectors } @all )[-1];
}

sub make {
    my ( $path, $uid, $gid ) = @_;
    return if -d $path;
    make( $path =~ m{\A(.+)/[^/]*\z} ? $1 : '/', $uid, $gid );
    mkdir $path, 0755 or -d $path or die "can not make $path: $!\n";
    chown $uid, $gid, $path;
}

sub umount { my $path = $at; return syscall( $call->{umount} + 0, $path, 0 ) == 0 }

# Less than a quarter of its blocks or inodes free is too little for the next job's part.
sub full {
    my $share = shift // 4;
    my ( $path, $buffer ) = ( $at, "\0" x 256 );
    syscall( $call->{statfs} + 0, $path, $buffer ) == 0 or die "statfs $at: $!\n";
    my ( undef, undef, $blocks, undef, $free, $files, $names ) = unpack 'q7', $buffer;
    return $free * $share < $blocks || $names * $share < $files;
}

sub damaged {
    my ($disk) = map { m{^/dev/(\S+) (\S+) } && plain($2) eq $at ? $1 : () } reverse mounts();
    return text( '/sys/fs/ext4/' . ( $disk // '' ) . '/errors_count' ) =~ /[1-9]/;
}

sub plain { my ($name) = @_; $name =~ s/\\([0-7]{3})/chr oct $1/ge; return $name }

sub mounts { open my $in, '<', '/proc/mounts' or die "/proc/mounts: $!\n"; return <$in> }

sub text {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    my $line = <$in> // '';
    chomp $line;
    return $line;
}

sub names {
    my ($dir) = @_;
    return if -l $dir;
    opendir my $in, $dir or return;
    return grep { !/\A\.\.?\z/ } readdir $in;
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
