# 関所 smtp.example.co.jp のために example に作ったものを、すべて取り除きます。
#
# 順番が大切です: まず関所へ送るのを止め、規則の変更が広まり、関所が空になる
# のを待ってから、戻り道を外します。途中で止めても、もう一度実行できます。
# 承認済みドメイン smtp.example.co.jp と DNS は、最後に手で消してください。
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
    throw "ほかのテナントにサインインしています。設定の tenant-id: $TenantId"
}

# 1. 関所へ送るのを止める。消すのは、広まってから(止めた時刻が規則に残る)。
$route = Find-Rule -Name $R2
if ($route) {
    if ($route.State -ne 'Disabled') {
        Disable-TransportRule -Identity $R2 -Confirm:$false
        $route = Find-Rule -Name $R2
    }
    $left = $WaitMinutes - ((Get-Date) - $route.WhenChanged).TotalMinutes
    if ($left -gt 0) {
        Write-Host "規則が広まるのを待ちます(分): $([int]$left)"
        Start-Sleep -Seconds ([int]($left * 60) + 1)
    }
}

# 2. 関所が空になるのを待つ。
$answer = Read-Host -Prompt '関所で「sekisho queue list」が空(または sekisho queue release で出した)なら yes'
if ($answer -ne 'yes') { throw '関所にまだメールがあります。戻り道は残してあります。' }

# 3. 規則、コネクタの順に消す(規則が使うコネクタは消せない)。
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
Write-Host '取り除きました。承認済みドメイン smtp.example.co.jp と DNS を消してください。'
