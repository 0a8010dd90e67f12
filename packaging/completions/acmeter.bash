# bash completion for acmeter(1)

_acmeter()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local probe='--account-key --account-key-type --allow-host --allow-http
		--answer-timeout --bad-nonces --ca-file --color
		--connect-timeout --contact --eab-hmac-file --eab-kid --help
		--json --key-type --name --resolve --responder --revoke
		--roots --shallow --timeout --ipv4 --ipv6 -4 -6'

	local check='--account-key --allow-http --ca --ca-file --directory
		--eab-hmac-file --eab-kid --help --hub --hub-ca-file --ipv4
		--ipv6 --json --map --name --stale --timeout --token-file -4 -6'

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen \
			-W 'probe station hub replay check notify check-config --help --version' -- "$cur")
		return
	fi
	case "$prev" in
	--ca-file | --hub-ca-file | --token-file | --roots | --account-key | --eab-hmac-file | -c | \
		--config | --rules)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--key-type)
		mapfile -t COMPREPLY < <(compgen \
			-W 'p256 p384 rsa2048 rsa3072 rsa4096' -- "$cur")
		return
		;;
	--account-key-type)
		mapfile -t COMPREPLY < <(compgen \
			-W 'p256 p384 rsa2048 rsa3072 rsa4096 ed25519' -- "$cur")
		return
		;;
	--from | --to)
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	esac
	case "${COMP_WORDS[1]}" in
	probe)
		mapfile -t COMPREPLY < <(compgen -W "$probe" -- "$cur")
		;;
	check)
		mapfile -t COMPREPLY < <(compgen -W "$check" -- "$cur")
		;;
	station | hub)
		mapfile -t COMPREPLY < <(compgen -W '-c --config --help' -- "$cur")
		;;
	replay)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		[[ $cur != -* ]] || mapfile -t COMPREPLY < <(compgen \
			-W '--from --to --rules --speed --begin --json --help' -- "$cur")
		;;
	notify)
		mapfile -t COMPREPLY < <(compgen \
			-W '--test -c --config --to --help' -- "$cur")
		;;
	check-config)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		[[ $cur != -* ]] || mapfile -t COMPREPLY < <(compgen \
			-W '--json --help' -- "$cur")
		;;
	esac
}
complete -o filenames -o bashdefault -F _acmeter acmeter
