# Takes the gate smtp.example.co.jp out of the path for a while (example).
#
#   .\bypass.ps1         out: mail leaves from Microsoft 365 as it is
#   .\bypass.ps1 -Back   in again
#
# The same in one line, once signed in:
#   Disable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
#
# It takes up to 30 minutes. What is still on the gate comes back and is
# delivered: the other rules and the connectors stay. Meanwhile nothing is held
# and nothing is changed to Bcc.
#Requires -Version 5.1
[CmdletBinding()]
param([switch] $Back)
$ErrorActionPreference = 'Stop'

Connect-ExchangeOnline -ShowBanner:$false
if ($Back) {
    Enable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
    Write-Host 'Mail takes the gate again, within 30 minutes.'
} else {
    Disable-TransportRule -Identity 'Sekisho example R2 route' -Confirm:$false
    Write-Host 'Mail goes past the gate, within 30 minutes.'
}
