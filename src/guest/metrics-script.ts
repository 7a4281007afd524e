import { METRICS_SHARE } from "./paths.ts";

/**
 * Shell functions that write metrics as JSON with shell built-ins only. A reader of the share never sees a partial file,
 * and a missing or full share causes no failure.
 */
export const metricsFunctions = `
# A JSON string of what is given, at most 128 letters of it: the host refuses files of more than 1024 bytes.
json_string() {
  local text=\${1:0:128} backslash=$'\\\\' quote='"'
  text=\${text//"$backslash"/"$backslash$backslash"}
  text=\${text//"$quote"/"$backslash$quote"}
  printf '"%s"' "\${text//[[:cntrl:]]/ }"
}

write_metrics() {
  [ -d ${METRICS_SHARE} ] || return 0
  rm -rf "$1.new"
  { printf '%s\\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; } || echo "Cannot write $1" >&2
}
`;
