#!/bin/sh
# Makes a Debian package of what `make install` installs; `make deb` calls it.
#
#   scripts/deb/build.sh DIRECTORY VERSION DATE
#
# The package appears in DIRECTORY, as xero-run_VERSION-1_ARCHITECTURE.deb. The same sources, tools
# and date give the same bytes. DEB_MAINTAINER is who stands behind the package: "Name <address>".
set -eu
umask 022
cd "$(dirname "$0")/../.."
directory=$1
revision=$2-1
SOURCE_DATE_EPOCH=$(date -u -d "$3" +%s)
export SOURCE_DATE_EPOCH
maintainer=${DEB_MAINTAINER:-xero-run maintainers <maintainers@xero-run.example>}
architecture=$(dpkg --print-architecture)
root=$directory/root
own=scripts/deb

rm -rf "$directory"
mkdir -p "$root/DEBIAN" "$directory/debian"

${MAKE:-make} --silent install DESTDIR="$root" PREFIX=/usr \
    ZSH_FUNCTIONS=share/zsh/vendor-completions
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/xero-run"
gzip -9n "$root"/usr/share/man/man*/*

# Policy 12.5 and 12.7: the licence in a form for programs, and what has changed.
documents=$root/usr/share/doc/xero-run
{
    cat "$own/copyright"
    sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p }' LICENSE
} >"$documents/copyright"
rm "$documents/LICENSE"
{
    printf 'xero-run (%s) unstable; urgency=medium\n\n  * Release %s.\n\n' "$revision" "$2"
    printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$documents/changelog.Debian.gz"

# dpkg-shlibdeps wants to see a source package.
printf 'Source: xero-run\n\nPackage: xero-run\nArchitecture: any\n' >"$directory/debian/control"
depends=$(cd "$directory" && dpkg-shlibdeps -O root/usr/bin/xero-run 2>shlibdeps.log \
    | sed 's/^shlibs:Depends=//')
size=$(du -k -s --apparent-size "$root/usr" | cut -f 1)
# cjson and argparse are inside the binary.
# shellcheck disable=SC2016 # dpkg-query fills it in
built_using=$(dpkg-query -W -f '${source:Package} (= ${source:Version})\n' \
    lua-cjson-dev lua-argparse | paste -s -d , | sed 's/,/, /g')
sed -e "s|@VERSION@|$revision|" -e "s|@ARCHITECTURE@|$architecture|" \
    -e "s|@MAINTAINER@|$maintainer|" -e "s|@SIZE@|$size|" -e "s|@DEPENDS@|$depends|" \
    -e "s|@BUILT_USING@|$built_using|" "$own/control" >"$root/DEBIAN/control"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$root" "$directory" >"$directory/build.log"
