# 関所 smtp.example.co.jp を一時的に通さないようにします(example)。
#
#   .\bypass.ps1         通さない: メールは Microsoft 365 からそのまま出る
#   .\bypass.ps1 -Back   また通す
#
# 1行だけで済ませるとき(サインインしたあと):
#   Disable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
#
# 届くまで30分ほどかかります。関所に残っているメールは、そのまま戻って届き
# ます(ほかの規則とコネクタは動いたままです)。通さない間は、保留も Bcc 変換も
# ありません。
#Requires -Version 5.1
[CmdletBinding()]
param([switch] $Back)
$ErrorActionPreference = 'Stop'

Connect-ExchangeOnline -ShowBanner:$false
if ($Back) {
    Enable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
    Write-Host 'また関所を通ります。届くまで30分ほどかかります。'
} else {
    Disable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
    Write-Host '関所を通らなくなります。届くまで30分ほどかかります。'
}
