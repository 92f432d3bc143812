# Removes everything that was made in example for the gate smtp.example.co.jp.
#
# The order matters: first nothing more goes to the gate; when the change is known
# everywhere and the gate is empty, the way back is taken away. It may be stopped
# and run again. Remove the accepted domain smtp.example.co.jp and the DNS records by
# hand at the end.
#Requires -Version 5.1
[CmdletBinding()]
param()
$ErrorActionPreference = 'Stop'

$OutName = 'Sekisho example out'
$InName = 'Sekisho example in'
$R2 = 'Sekisho example R2 route'
$WaitMinutes = 35

function Find-Rule {
    param([string] $Name)
    Get-TransportRule -ResultSize Unlimited | Where-Object { $_.Name -eq $Name }
}

Connect-ExchangeOnline -ShowBanner:$false
$TenantId = '11111111-2222-3333-4444-555555555555'
$connection = Get-ConnectionInformation | Where-Object { $_.TenantID -eq $TenantId }
if (-not $connection) {
    throw "Signed in to another tenant; the configuration's tenant-id: $TenantId"
}

# 1. Nothing more goes to the gate. The rule keeps the time of the change.
$route = Find-Rule -Name $R2
if ($route) {
    if ($route.State -ne 'Disabled') {
        Disable-TransportRule -Identity $R2 -Confirm:$false
        $route = Find-Rule -Name $R2
    }
    $left = $WaitMinutes - ((Get-Date) - $route.WhenChanged).TotalMinutes
    if ($left -gt 0) {
        Write-Host "Waiting for the rule to spread (minutes): $([int]$left)"
        Start-Sleep -Seconds ([int]($left * 60) + 1)
    }
}

# 2. The gate is empty.
$answer = Read-Host -Prompt 'yes, if "sekisho queue list" on the gate shows nothing (sekisho queue release lets go)'
if ($answer -ne 'yes') { throw 'Mail is still on the gate; the way back stays.' }

# 3. Rules, then connectors: one that a rule uses cannot be removed.
foreach ($name in $R2, 'Sekisho example RJ journal', 'Sekisho example R1 back', 'Sekisho example R0 clear', 'Sekisho example R3 clear') {
    if (Find-Rule -Name $name) {
        Remove-TransportRule -Identity $name -Confirm:$false
    }
}
if (Get-OutboundConnector -IsTransportRuleScoped $true | Where-Object { $_.Name -eq $OutName }) {
    Remove-OutboundConnector -Identity $OutName -Confirm:$false
}
if (Get-InboundConnector | Where-Object { $_.Name -eq $InName }) {
    Remove-InboundConnector -Identity $InName -Confirm:$false
}
Write-Host 'Removed. Remove the accepted domain smtp.example.co.jp and the DNS records too.'
