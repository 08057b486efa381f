#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Adds numbers_online to the Kamailio of dSIPRouter 0.77 or later, or takes it away: see README.md.
#
#   install.sh              installs; a second time it brings everything to this version
#   install.sh uninstall    takes everything away but the key and the settings of your own
#
# kamailio.cfg gets three blocks between marks, in dSIPRouter's template and in the running file. Both are checked before they are
# replaced, and put back if Kamailio does not accept them. Nothing is restarted.

# Debug this script if in debug mode
(( ${DEBUG:-0} == 1 )) && set -x

# ENABLED=1 --> install, ENABLED=0 --> do nothing, ENABLED=-1 --> uninstall
ENABLED=1
[[ "$1" == "uninstall" ]] && ENABLED=-1

DSIP_PROJECT_DIR=${DSIP_PROJECT_DIR:-/opt/dsiprouter}

# Import dsip_lib utility / shared functions if not already
if [[ "$DSIP_LIB_IMPORTED" != "1" ]]; then
    . ${DSIP_PROJECT_DIR}/dsiprouter/dsip_lib.sh || exit 1
fi

# dsiprouter.sh exports these. By hand they have the same values.
DSIP_SYSTEM_CONFIG_DIR=${DSIP_SYSTEM_CONFIG_DIR:-/etc/dsiprouter}
PROJECT_KAMAILIO_CONFIG_DIR=${PROJECT_KAMAILIO_CONFIG_DIR:-${DSIP_PROJECT_DIR}/kamailio/configs}
SYSTEM_KAMAILIO_CONFIG_DIR=${SYSTEM_KAMAILIO_CONFIG_DIR:-/etc/kamailio}
BACKUPS_DIR=${BACKUPS_DIR:-/var/backups/dsiprouter}
# These have no name in dsiprouter.sh.
RUNNING_DIR=${DSIP_SYSTEM_CONFIG_DIR}/kamailio
KAMAILIO_ENV_DIR=${KAMAILIO_ENV_DIR:-/etc/default/kamailio.d}
KAMAILIO_UNIT_DIR=${KAMAILIO_UNIT_DIR:-/etc/systemd/system/kamailio.service.d}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROUTES=numbersonline.cfg
LOCAL=numbersonline_local.cfg
# systemd reads drop-ins in the order of their names, and dSIPRouter's override.conf begins the list of files anew.
DROP_IN=zz-numbersonline.conf

# $1 == kamailio.cfg
# output: the same without our blocks
# returns: 1 if a mark is missing
function withoutBlocks() {
    perl -0777 -pe '
        my ($opens, $closes) = (scalar(() = /^# >>> numbers_online\b/gm), scalar(() = /^# <<< numbers_online$/gm));
        $opens == $closes or die "$opens marks of numbers_online open a block, and $closes close one\n";
        s/^# >>> numbers_online\b.*?^# <<< numbers_online\n//gms;
    ' "$1"
}

# $1 == kamailio.cfg
# output: the same with our blocks
# returns: 1 if a place for a block is not there exactly once
function withBlocks() {
    withoutBlocks "$1" | perl -0777 -e '
        use strict;
        my $text = <STDIN>;
        my ($open, $close) = ("# >>> numbers_online: made by its install.sh\n", "# <<< numbers_online\n");
        my $workers = $text =~ /^[ \t]*async_workers(?:_group)?[ \t]*=/m ? "" : "#!define NUMBERSONLINE_HAS_NO_WORKERS\n";
        # What our routes need: flags and routes of dSIPRouter 0.77.
        for my $needed ("#!define FLT_HAS_TOTAG ", "#!define FLB_SRC_CARRIER ", "server.emergency_numbers = ",
                        "route[SET_CALLSRC_INFO] ", "route[NEXTHOP] ") {
            $text =~ /^\Q$needed/m or die "no line in it begins with \"$needed\"\n";
        }
        my $put = sub {
            my ($what, $place, $block) = @_;
            my $count = () = $text =~ /$place/g;
            $count == 1 or die "$count places for $what in it, not one\n";
            $text =~ s/$place/$open$block$close$1/;
        };
        $put->("the feature", qr/^(#+!define WITH_TRANSNEXUS\n)/m, "#!define WITH_NUMBERSONLINE\n");
        $put->("the import", qr/^(#=+\n# Routing Logic\n#=+\n)/m,
            "#!ifdef WITH_NUMBERSONLINE\n${workers}import_file \"numbersonline.cfg\"\n#!endif\n");
        $put->("the call", qr/^(#!ifdef WITH_TRANSNEXUS\n(?:(?!^#!).*\n)*?[ \t]*route\(TRANSNEXUS_INBOUND\);\n)/m,
            "#!ifdef NUMBERSONLINE_ROUTES\n"
            . "\t# screen the calls that come from carriers\n"
            . "\tif ((int)\$sel(cfg_get.numbersonline.enabled)) {\n"
            . "\t\troute(NUMBERSONLINE_INBOUND);\n"
            . "\t}\n"
            . "#!endif\n");
        print $text;
    '
}

# $1 == directory with kamailio.cfg and the files that it imports
# output: what Kamailio says of it
function kamailioAccepts() {
    kamailio -c -f "$1/kamailio.cfg" 2>&1
}

# $1 == new content, $2 == file to replace
# notes: in one step, with the owner and the mode of the file, or of the kamailio.cfg beside it
function replaceFile() {
    local TMP_FILE="$2.numbersonline"

    if [[ -e "$2" ]]; then
        cp -pf "$2" "$TMP_FILE" && cat "$1" >"$TMP_FILE"
    else
        cp -f "$1" "$TMP_FILE" &&
        chown --reference="$(dirname "$2")/kamailio.cfg" "$TMP_FILE" &&
        chmod --reference="$(dirname "$2")/kamailio.cfg" "$TMP_FILE"
    fi && mv -f "$TMP_FILE" "$2"
}

# the directories with a kamailio.cfg: that of the templates, and that of the running files if there are any yet
function configDirs() {
    printf '%s\n' "$PROJECT_KAMAILIO_CONFIG_DIR"
    [[ -e "$RUNNING_DIR/kamailio.cfg" ]] && printf '%s\n' "$RUNNING_DIR"
}

# $1 == directory with the new files
# returns: 0 if there is nothing to replace
function unchanged() {
    local DIR FILE

    for DIR in $(configDirs); do
        for FILE in kamailio.cfg $ROUTES $LOCAL; do
            [[ -e "$1$DIR/$FILE" || -e "$DIR/$FILE" ]] || continue
            cmp -s "$1$DIR/$FILE" "$DIR/$FILE" || return 1
        done
    done
}

# copies what is about to change, and sets BACKUP
function backup() {
    mkdir -p "${BACKUPS_DIR}/kamailio" &&
    BACKUP=$(mktemp -d "${BACKUPS_DIR}/kamailio/numbers_online.$(date +%Y%m%d_%H%M%S).XXXX") &&
    mkdir -p "$BACKUP/template" "$BACKUP/running" &&
    cp -pf "$PROJECT_KAMAILIO_CONFIG_DIR"/*.cfg "$BACKUP/template/" || return 1
    if [[ -e "$RUNNING_DIR/kamailio.cfg" ]]; then
        cp -pf "$RUNNING_DIR"/*.cfg "$BACKUP/running/" || return 1
    fi
}

# puts back what backup() copied
function rollBack() {
    local FROM DIR FILE

    for FROM in template running; do
        [[ "$FROM" == "template" ]] && DIR=$PROJECT_KAMAILIO_CONFIG_DIR || DIR=$RUNNING_DIR
        for FILE in kamailio.cfg $ROUTES $LOCAL; do
            if [[ -e "$BACKUP/$FROM/$FILE" ]]; then
                replaceFile "$BACKUP/$FROM/$FILE" "$DIR/$FILE"
            elif [[ -e "$BACKUP/$FROM/kamailio.cfg" ]]; then
                rm -f "$DIR/$FILE"
            fi
        done
    done
    printerr "Everything is as it was before"
}

# $1 == withBlocks | withoutBlocks
# notes: the running file is checked before anything is replaced, and again in its place
function changeConfigs() {
    local CHANGE="$1" WORK DIR

    WORK=$(mktemp -d) || return 1
    trap 'rm -rf "'"$WORK"'"' EXIT
    for DIR in $(configDirs); do
        mkdir -p "$WORK$DIR" && cp -f "$DIR"/*.cfg "$WORK$DIR/" || return 1
        if ! $CHANGE "$DIR/kamailio.cfg" >"$WORK$DIR/kamailio.cfg"; then
            printerr "$DIR/kamailio.cfg is not a kamailio.cfg of dSIPRouter 0.77 or later: see above"
            return 1
        fi
        if [[ "$CHANGE" == "withBlocks" ]]; then
            cp -f "$HERE/$ROUTES" "$WORK$DIR/" || return 1
            # The template directory has no settings of your own: they would replace those of the running files.
            [[ "$DIR" == "$RUNNING_DIR" && ! -e "$DIR/$LOCAL" ]] && cp -f "$HERE/$LOCAL" "$WORK$DIR/"
        else
            rm -f "$WORK$DIR/$ROUTES"
        fi
    done
    if [[ -e "$RUNNING_DIR/kamailio.cfg" ]]; then
        local SAID
        # What Kamailio does not accept as it is cannot be made worse by an uninstallation.
        if ! SAID=$(kamailioAccepts "$WORK$RUNNING_DIR") &&
            { [[ "$CHANGE" == "withBlocks" ]] || kamailioAccepts "$RUNNING_DIR" >/dev/null; }; then
            printerr "Kamailio does not accept the new configuration, so nothing was changed:"
            printf '%s\n' "$SAID" | grep -E '(ERROR|CRITICAL):' | head -n 20
            grep -qE 'ERROR:.*(<numbers_online>|/numbers_online\.so)' <<<"$SAID" &&
                printerr "Build and install the module for this very version of Kamailio first: make && make install"
            return 1
        fi
    fi
    if unchanged "$WORK"; then
        linkConfigs
        return 0
    fi
    backup || { printerr "Nothing was changed: no backup could be made in ${BACKUPS_DIR}"; return 1; }
    for DIR in $(configDirs); do
        replaceFile "$WORK$DIR/kamailio.cfg" "$DIR/kamailio.cfg" || { rollBack; return 1; }
        if [[ "$CHANGE" == "withoutBlocks" ]]; then
            rm -f "$DIR/$ROUTES"
            continue
        fi
        replaceFile "$WORK$DIR/$ROUTES" "$DIR/$ROUTES" || { rollBack; return 1; }
        if [[ "$DIR" == "$RUNNING_DIR" && ! -e "$DIR/$LOCAL" ]]; then
            replaceFile "$WORK$DIR/$LOCAL" "$DIR/$LOCAL" || { rollBack; return 1; }
        fi
    done
    linkConfigs
    if [[ "$CHANGE" == "withBlocks" && -e "$RUNNING_DIR/kamailio.cfg" ]] &&
        ! kamailioAccepts "$SYSTEM_KAMAILIO_CONFIG_DIR" >/dev/null; then
        printerr "Kamailio does not accept the configuration in ${SYSTEM_KAMAILIO_CONFIG_DIR}"
        rollBack
        linkConfigs
        return 1
    fi
}

# as generateKamailioConfig does: Kamailio reads links, and an import is relative to the file with the import
function linkConfigs() {
    local FILE

    for FILE in $ROUTES $LOCAL; do
        if [[ -e "$RUNNING_DIR/$FILE" ]]; then
            ln -sft "$SYSTEM_KAMAILIO_CONFIG_DIR/" "$RUNNING_DIR/$FILE"
        else
            rm -f "$SYSTEM_KAMAILIO_CONFIG_DIR/$FILE"
        fi
    done
}

function reloadUnits() {
    systemctl daemon-reload 2>/dev/null || printwarn "Run: systemctl daemon-reload"
}

# the file for the key, and a unit that reads it: upgrades of dSIPRouter replace /etc/default/kamailio.conf, and not this file
function installEnvironment() {
    local ENV_FILE="$KAMAILIO_ENV_DIR/numbersonline.conf"

    mkdir -p "$KAMAILIO_ENV_DIR" || return 1
    if [[ ! -e "$ENV_FILE" ]]; then
        (umask 077 && cp -f "$HERE/numbersonline.conf" "$ENV_FILE") || return 1
    fi
    chmod 0600 "$ENV_FILE" || return 1
    if ! cat "$KAMAILIO_UNIT_DIR"/*.conf 2>/dev/null | grep -q '^EnvironmentFile=-\?/etc/default/kamailio\.d/\*\.conf$'; then
        mkdir -p "$KAMAILIO_UNIT_DIR" &&
        printf '[Service]\nEnvironmentFile=-/etc/default/kamailio.d/*.conf\n' >"$KAMAILIO_UNIT_DIR/$DROP_IN" &&
        reloadUnits || return 1
    fi
    if ! grep -q '^NUMBERS_ONLINE_API_KEY=.' "$ENV_FILE"; then
        printwarn "Put the API key into $ENV_FILE: without one every call is allowed"
    fi
}

function install() {
    changeConfigs withBlocks &&
    installEnvironment || return 1
    printdbg "numbers_online installed. Restart Kamailio, then switch it on: kamcmd cfg.seti numbersonline enabled 1"
}

function uninstall() {
    changeConfigs withoutBlocks || return 1
    if [[ -e "$KAMAILIO_UNIT_DIR/$DROP_IN" ]]; then
        rm -f "$KAMAILIO_UNIT_DIR/$DROP_IN"
        reloadUnits
    fi
    printdbg "numbers_online uninstalled. Restart Kamailio. $KAMAILIO_ENV_DIR/numbersonline.conf and $RUNNING_DIR/$LOCAL are left"
}

function main() {
    if [[ ${ENABLED} -eq 1 ]]; then
        install && exit 0 || exit 1
    elif [[ ${ENABLED} -eq -1 ]]; then
        uninstall && exit 0 || exit 1
    else
        exit 0
    fi
}

main
