# DIR, beside the job, as its user: puts the files of a tar archive from standard input among those of DIR, each when it is
# whole, none over a newer one, until the disk fills up. Prints how many, and their bytes.
add();

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
