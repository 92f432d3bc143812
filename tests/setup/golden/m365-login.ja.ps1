# example の Microsoft 365 を関所 gate.example.co.jp につなぎます。
#
# `sekisho setup m365` が設定から作りました。秘密の値は入っていません(実行
# したときに尋ねます)。何度実行しても同じ状態になります。
#
# はじめる前に
#   1. DNS: `sekisho setup m365 --tenant example --dns`
#   2. 承認済みドメイン: Microsoft 365 管理センター > 設定 > ドメイン で
#      gate.example.co.jp を追加します(MX は変えません)。
#      関所の証明書がこの名前で、戻ったメールを自社のものと認めさせます。
#   3. 秘密の値を2つ、関所で作り、尋ねられたときに貼ります(行きと戻りは別)。
#      ssh 関所 sekisho secret rotate tenant-in --print-new | Set-Clipboard
#      ssh 関所 sekisho secret rotate tenant-back --print-new | Set-Clipboard
#   4. Exchange 管理者の PowerShell: Install-Module ExchangeOnlineManagement
#   5. 戻りは差出人本人としてのログイン(smtp.office365.com:587)です。
#      Entra: アプリに Office 365 Exchange Online の SMTP.SendAsApp を許し、
#      管理者が同意する。ObjectId は「エンタープライズ アプリケーション」の
#      もの(アプリの登録のものではない)。
#      New-ServicePrincipal -AppId アプリ -ObjectId オブジェクト
#      Add-MailboxPermission -Identity 人 -User オブジェクト -AccessRights FullAccess
#      Set-CASMailbox -Identity 人 -SmtpClientAuthenticationDisabled $false
#      1人につき同時3接続、毎分30通。差出人が空のメール(不達の知らせ)は、
#      この道では送れません。
#
# つなぐ
#   .\setup.ps1            コネクタと規則を作る。メールの流れはまだ変わらない
#   .\setup.ps1 -Test      コネクタを検証する
#   .\setup.ps1 -Start     関所を通しはじめる
#
# 秘密の値を替える(新旧どちらも通る時間を、規則が広まる30分より長くとる)
#   行き: sekisho secret rotate tenant-in --print-new
#         .\setup.ps1 -RotateIn
#         sekisho secret finish tenant-in
#   戻り: sekisho secret rotate tenant-back --print-new
#         .\setup.ps1 -RotateBack
#         sekisho secret finish tenant-back
#         24時間たってから .\setup.ps1 -FinishBack
#
# 一時的に外す: sekisho setup m365 --tenant example --bypass
# 元に戻す:     sekisho setup m365 --tenant example --undo
#Requires -Version 5.1
[CmdletBinding()]
param(
    [switch] $Test,
    [switch] $Start,
    [switch] $RotateIn,
    [switch] $RotateBack,
    [switch] $FinishBack
)
$ErrorActionPreference = 'Stop'

$Gate = 'gate.example.co.jp'
$Addresses = @('203.0.113.10', '2001:db8::10')
$Domains = @('example.co.jp')
$Recipient = 'sekisho@example.co.jp'
$OutName = 'Sekisho example out'
$InName = 'Sekisho example in'
$R0 = 'Sekisho example R0 clear'
$R1 = 'Sekisho example R1 back'
$RJ = 'Sekisho example RJ journal'
$R2 = 'Sekisho example R2 route'
$R3 = 'Sekisho example R3 clear'
$InHeader = 'X-Sekisho-Tenant'
$DoneHeader = 'X-Sekisho-Done'
$OkHeader = 'X-Sekisho-Ok'
$WaitMinutes = 35

# 名前で探して1つだけ返します。-Identity は使いません: 無い名前を渡すと、
# すべての規則が返るためです。
function Find-Rule {
    param([string] $Name)
    Get-TransportRule -ResultSize Unlimited | Where-Object { $_.Name -eq $Name }
}

function Find-Outbound {
    Get-OutboundConnector -IsTransportRuleScoped $true | Where-Object { $_.Name -eq $OutName }
}

function Find-Inbound {
    Get-InboundConnector | Where-Object { $_.Name -eq $InName }
}

function Read-Secret {
    param([string] $Prompt)
    $typed = Read-Host -Prompt $Prompt -AsSecureString
    $plain = [System.Net.NetworkCredential]::new('', $typed).Password
    if ($plain -cnotmatch '^[A-Za-z0-9]{16,128}$') {
        throw '秘密の値は16文字以上の英数字です。'
    }
    $plain
}

# 既にある規則では、値が $null の条件は消えます。状態(有効・無効)はそのまま。
function Set-Rule {
    param([string] $Name, [int] $Priority, [bool] $Enabled, [hashtable] $Rule)
    $Rule['RuleErrorAction'] = 'Defer'
    $Rule['Mode'] = 'Enforce'
    $Rule['Priority'] = $Priority
    if (Find-Rule -Name $Name) {
        Set-TransportRule -Identity $Name @Rule
        return
    }
    $given = @{}
    foreach ($key in $Rule.Keys) {
        if ($null -ne $Rule[$key]) { $given[$key] = $Rule[$key] }
    }
    New-TransportRule -Name $Name -Enabled $Enabled @given | Out-Null
}

# 規則の変更がすべてのサーバーに届くまで待ちます。
function Wait-Rule {
    param([string[]] $Names)
    foreach ($name in $Names) {
        $rule = Find-Rule -Name $name
        if (-not $rule) { throw "規則「$name」がありません。先に引数なしで実行してください。" }
        if ($name -ne $R2 -and $rule.State -ne 'Enabled') {
            Enable-TransportRule -Identity $name -Confirm:$false
            $rule = Find-Rule -Name $name
        }
        $left = $WaitMinutes - ((Get-Date) - $rule.WhenChanged).TotalMinutes
        if ($left -gt 0) {
            Write-Host "規則が広まるのを待ちます(分): $([int]$left)"
            Start-Sleep -Seconds ([int]($left * 60) + 1)
        }
    }
}

# ---- つなぐ先を確かめる ----
Connect-ExchangeOnline -ShowBanner:$false
$TenantId = '11111111-2222-3333-4444-555555555555'
$connection = Get-ConnectionInformation | Where-Object { $_.TenantID -eq $TenantId }
if (-not $connection) {
    throw "ほかのテナントにサインインしています。設定の tenant-id: $TenantId"
}
$accepted = @(Get-AcceptedDomain | ForEach-Object { $_.DomainName })
foreach ($domain in $Domains) {
    if ($accepted -notcontains $domain) {
        throw "$domain は承認済みドメインではありません。管理センターの「ドメイン」で追加してください。"
    }
}

if ($Test) {
    # 検証のメールは規則を通らず、秘密の値を持ちません。関所に30分だけ
    # 受け取らせます(どこにも送られません)。
    Read-Host -Prompt '関所で「sekisho tenant onboard example --for 30m --to sekisho@example.co.jp」を実行し、Enter を押してください'
    Validate-OutboundConnector -Identity $OutName -Recipients $Recipient
    $answer = Read-Host -Prompt '上の結果がすべて Succeeded なら yes'
    if ($answer -eq 'yes') {
        $now = (Get-Date).ToUniversalTime()
        Set-OutboundConnector -Identity $OutName -IsValidated $true -LastValidationTimestamp $now
    }
    return
}

if ($Start) {
    # 戻りの規則が広まる前に流すと、戻ったメールがまた関所へ行きます。
    Wait-Rule -Names $R0, $R1, $R3
    Enable-TransportRule -Identity $R2 -Confirm:$false
    Write-Host '関所を通しはじめました。届くまで30分ほどかかります。社外の自分宛てに1通送って確かめてください。'
    return
}

if ($RotateIn) {
    # 関所はすでに新旧の両方を認めています。
    $secretIn = Read-Secret -Prompt '行きの秘密の値(新しいもの)'
    Set-TransportRule -Identity $R2 -SetHeaderValue $secretIn
    Wait-Rule -Names $R2
    Write-Host '関所に古い値を忘れさせてください。'
    return
}

if ($RotateBack) {
    # 規則が先、関所があと: 規則が知らない値で戻ると、また関所へ行きます。
    $secretBack = Read-Secret -Prompt '戻りの秘密の値(新しいもの)'
    $known = @((Find-Rule -Name $R1).HeaderContainsWords)
    Set-TransportRule -Identity $R1 -HeaderContainsMessageHeader $DoneHeader -HeaderContainsWords ($known + $secretBack)
    Wait-Rule -Names $R1
    Write-Host '関所に新しい値を使わせてください(finish)。24時間たってから -FinishBack を実行してください。'
    return
}

if ($FinishBack) {
    $known = @((Find-Rule -Name $R1).HeaderContainsWords)
    Set-TransportRule -Identity $R1 -HeaderContainsMessageHeader $DoneHeader -HeaderContainsWords $known[-1]
    return
}

# ---- コネクタ ----
# CloudServicesMailEnabled は両方で同じ値: 戻ったメールが社内から出たものと
# 認められ、ほかの規則(DLP など)が戻りで効きます。
$out = @{
    ConnectorType = 'OnPremises'
    UseMXRecord = $false
    SmartHosts = @($Gate)
    TlsSettings = 'DomainValidation'
    TlsDomain = $Gate
    IsTransportRuleScoped = $true
    RouteAllMessagesViaOnPremises = $false
    AllAcceptedDomains = $false
    CloudServicesMailEnabled = $true
    SenderRewritingEnabled = $true
    TestMode = $false
    Enabled = $true
}
if (Find-Outbound) {
    Set-OutboundConnector -Identity $OutName @out
} else {
    New-OutboundConnector -Name $OutName @out | Out-Null
}

# 注意: 設定に deliver: client-certificate がないため、アドレスで見分けます。
# 差出人が空のメール(不達の知らせなど)は戻せません。証明書を勧めます。
$in = @{
    ConnectorType = 'OnPremises'
    SenderDomains = @('*')
    RequireTls = $true
    RestrictDomainsToIPAddresses = $true
    SenderIPAddresses = @('203.0.113.10')
    CloudServicesMailEnabled = $true
    Enabled = $true
}
if (Find-Inbound) {
    Set-InboundConnector -Identity $InName @in
} else {
    New-InboundConnector -Name $InName @in | Out-Null
}

# ---- 規則: 条件は「かつ」、例外は「または」、番号の小さい順 ----
# R0 誰かが書いた印を消す。
# R1 関所のアドレスから来て、かつ戻りの秘密の値があれば、印を付け、値を消す。
Set-Rule -Name $R0 -Priority 0 -Enabled $true -Rule @{
    RemoveHeader = $OkHeader
    StopRuleProcessing = $false
}
$back = @{
    SenderIpRanges = $Addresses
    SetHeaderName = $OkHeader
    SetHeaderValue = 'yes'
    RemoveHeader = $DoneHeader
    StopRuleProcessing = $false
}
if (-not (Find-Rule -Name $R1)) {
    $back['HeaderContainsMessageHeader'] = $DoneHeader
    $back['HeaderContainsWords'] = @(Read-Secret -Prompt '戻りの秘密の値(tenant-back)')
}
Set-Rule -Name $R1 -Priority 1 -Enabled $true -Rule $back

# RJ ジャーナルの報告は、関所へ送らない。差出人はサービス自身に限る。
$next = 2
$journal = @(Get-JournalRule | ForEach-Object { $_.JournalEmailAddress })
if ($journal.Count -gt 0) {
    $patterns = @($journal | ForEach-Object { '^' + [regex]::Escape([string]$_) + '$' })
    Set-Rule -Name $RJ -Priority $next -Enabled $true -Rule @{
        FromAddressMatchesPatterns = @('^MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@')
        RecipientAddressMatchesPatterns = $patterns
        SetHeaderName = $OkHeader
        SetHeaderValue = 'yes'
        StopRuleProcessing = $false
    }
    $next = 3
} elseif (Find-Rule -Name $RJ) {
    Remove-TransportRule -Identity $RJ -Confirm:$false
}

# R2 社内の人が社外へ送るメールを関所へ。印があるものを除く。
#    ここで処理を止めるので、ほかの規則は戻りで1回だけ働く。
$route = @{
    FromScope = 'InOrganization'
    SentToScope = 'NotInOrganization'
    FromMemberOf = $null
    RouteMessageOutboundConnector = $OutName
    ExceptIfHeaderContainsMessageHeader = $OkHeader
    ExceptIfHeaderContainsWords = @('yes')
    SetHeaderName = $InHeader
    StopRuleProcessing = $true
}
if (-not (Find-Rule -Name $R2)) {
    $route['SetHeaderValue'] = Read-Secret -Prompt '行きの秘密の値(tenant-in)'
}
Set-Rule -Name $R2 -Priority $next -Enabled $false -Rule $route

# R3 印を消す。外へは出さない。
Set-Rule -Name $R3 -Priority ($next + 1) -Enabled $true -Rule @{
    RemoveHeader = $OkHeader
    StopRuleProcessing = $false
}
Write-Host 'できました。次は -Test、そのあと -Start です。'
