#!/bin/sh
# See that Qt can draw without a screen with Python $1; fetch what it lacks where that is possible (Debian, as root),
# else say in one line what to install. The panel's tests draw its widgets.
set -eu

works() {
    QT_QPA_PLATFORM=offscreen "$1" -c 'from PySide6.QtWidgets import QApplication; QApplication([])' 2>/dev/null
}

packages="libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3 fonts-dejavu-core"
works "$1" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $packages >/dev/null
    works "$1" && exit 0
fi
echo "Qt cannot start without a screen: install its libraries (Debian, Ubuntu: apt-get install $packages)." >&2
exit 1
