# SPDX-License-Identifier: Apache-2.0
# bash completion for firma: commands and options come from its own help.

_firma_commands()
{
	LC_ALL=C firma --lang en help 2>/dev/null |
	    sed -n 's/^  \([a-z]* \{0,1\}[a-z-]*\)  .*/\1/p'
}

_firma_options()
{
	LC_ALL=C firma help "$@" --lang en 2>/dev/null |
	    grep -o -e '--[a-z][a-z-]*'
}

_firma_names()
{
	LC_ALL=C firma "$1" list --lang en 2>/dev/null |
	    sed -n 's/^\([a-z0-9][a-z0-9._-]*\)  *.*/\1/p'
}

_firma()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local first=${COMP_WORDS[1]} command

	COMPREPLY=()
	case $prev in
	--lang) COMPREPLY=($(compgen -W 'es en' -- "$cur")); return ;;
	--format)
		COMPREPLY=($(compgen -W 'detached attached
		    raw bare-detached bare-attached sha1-raw sha1-attached' -- "$cur"))
		return ;;
	--algorithm)
		COMPREPLY=($(compgen -W \
		    'rsa-2048 rsa-3072 rsa-4096 p-256 p-384' -- "$cur"))
		return ;;
	--token)
		COMPREPLY=($(compgen -W "$(_firma_names token)" -- "$cur"))
		return ;;
	--old)
		COMPREPLY=($(compgen -W "$(_firma_names key)" -- "$cur"))
		return ;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W \
		    "$(_firma_commands | cut -d' ' -f1 | sort -u)" -- "$cur"))
		return
	fi
	if [ "$COMP_CWORD" -eq 2 ] && [ "${cur#-}" = "$cur" ]; then
		COMPREPLY=($(compgen -W "$(_firma_commands |
		    sed -n "s/^$first \(..*\)/\1/p")" -- "$cur"))
		[ ${#COMPREPLY[@]} -gt 0 ] && return
	fi
	command=$first
	if _firma_commands | grep -qx "$first ${COMP_WORDS[2]}"; then
		command="$first ${COMP_WORDS[2]}"
	fi
	case $cur in
	-*)
		# shellcheck disable=SC2086
		COMPREPLY=($(compgen -W "$(_firma_options $command)" \
		    -- "$cur"))
		return ;;
	esac
	case $command in
	'token '*) COMPREPLY=($(compgen -W "$(_firma_names token)" -- "$cur")) ;;
	sign|request|'key show'|'certificate '*)
		COMPREPLY=($(compgen -W "$(_firma_names key)" -- "$cur")
		    $(compgen -f -- "$cur")) ;;
	*) COMPREPLY=($(compgen -f -- "$cur")) ;;
	esac
}
complete -o filenames -F _firma firma
