# Connects example's Microsoft 365 to the gate smtp.example.co.jp.
#
# Made by `sekisho setup m365` from the configuration. It holds no secret: it
# asks for them when it runs. It may run any number of times.
#
# Before
#   1. DNS: `sekisho setup m365 --tenant example --dns`
#   2. Accepted domain: Microsoft 365 admin center > Settings > Domains, add
#      smtp.example.co.jp (the MX stays as it is). The gate's certificate has this
#      name; by it mail that comes back counts as your own.
#   3. Make the two secrets on the gate, and paste each when asked for it (a
#      different one for each direction):
#      ssh GATE sekisho secret rotate tenant-in --print-new | Set-Clipboard
#      ssh GATE sekisho secret rotate tenant-back --print-new | Set-Clipboard
#   4. PowerShell of an Exchange admin: Install-Module ExchangeOnlineManagement
#
# Connect
#   .\setup.ps1            makes connectors and rules; no mail changes its way
#   .\setup.ps1 -Test      validates the connector
#   .\setup.ps1 -Start     mail takes the gate
#
# Change the secrets (both values count for longer than the 30 minutes that a
# rule needs to be known everywhere)
#   in:   sekisho secret rotate tenant-in --print-new
#         .\setup.ps1 -RotateIn
#         sekisho secret finish tenant-in
#   back: sekisho secret rotate tenant-back --print-new
#         .\setup.ps1 -RotateBack
#         sekisho secret finish tenant-back
#         24 hours later .\setup.ps1 -FinishBack
#
# Take the gate out for a while: sekisho setup m365 --tenant example --bypass
# Take it all back:              sekisho setup m365 --tenant example --undo
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

$Gate = 'smtp.example.co.jp'
$Addresses = @('203.0.113.10', '2001:db8::10')
$Domains = @('example.co.jp', 'example.jp')
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

# One thing by its name, or nothing. Not by -Identity: for a name that does not
# exist the Get- cmdlets return everything.
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
        throw 'A secret is letters and digits, 16 at least.'
    }
    $plain
}

# In a rule that exists a $null clears the condition; enabled or not it stays.
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

# Waits until a change of these rules is known to every server.
function Wait-Rule {
    param([string[]] $Names)
    foreach ($name in $Names) {
        $rule = Find-Rule -Name $name
        if (-not $rule) { throw "There is no rule '$name': run this without a switch first." }
        if ($name -ne $R2 -and $rule.State -ne 'Enabled') {
            Enable-TransportRule -Identity $name -Confirm:$false
            $rule = Find-Rule -Name $name
        }
        $left = $WaitMinutes - ((Get-Date) - $rule.WhenChanged).TotalMinutes
        if ($left -gt 0) {
            Write-Host "Waiting for the rules to spread (minutes): $([int]$left)"
            Start-Sleep -Seconds ([int]($left * 60) + 1)
        }
    }
}

# ---- the right tenant? ----
Connect-ExchangeOnline -ShowBanner:$false
$TenantId = '11111111-2222-3333-4444-555555555555'
$connection = Get-ConnectionInformation | Where-Object { $_.TenantID -eq $TenantId }
if (-not $connection) {
    throw "Signed in to another tenant; the configuration's tenant-id: $TenantId"
}
$accepted = @(Get-AcceptedDomain | ForEach-Object { $_.DomainName })
foreach ($domain in $Domains + $Gate) {
    if ($accepted -notcontains $domain) {
        throw "$domain is no accepted domain: add it in the admin center under Domains."
    }
}

if ($Test) {
    # The validation mail passes no rule and has no secret. The gate takes it
    # for 30 minutes and sinks it.
    Read-Host -Prompt 'Run "sekisho tenant onboard example --for 30m --to sekisho@example.co.jp" on the gate, then press Enter'
    Validate-OutboundConnector -Identity $OutName -Recipients $Recipient
    $answer = Read-Host -Prompt 'yes, if everything above says Succeeded'
    if ($answer -eq 'yes') {
        $now = (Get-Date).ToUniversalTime()
        Set-OutboundConnector -Identity $OutName -IsValidated $true -LastValidationTimestamp $now
    }
    return
}

if ($Start) {
    # Mail that comes back before R1 is known everywhere would be routed again.
    Wait-Rule -Names $R0, $R1, $R3
    Enable-TransportRule -Identity $R2 -Confirm:$false
    Write-Host 'Mail takes the gate within 30 minutes. Send one to an address of your own outside.'
    return
}

if ($RotateIn) {
    # The gate believes both already.
    $secretIn = Read-Secret -Prompt 'The new secret to the gate'
    Set-TransportRule -Identity $R2 -SetHeaderValue $secretIn
    Wait-Rule -Names $R2
    Write-Host 'Let the gate forget the old value.'
    return
}

if ($RotateBack) {
    # The rule first, the gate second: a value that the rule does not know
    # sends the mail to the gate again.
    $secretBack = Read-Secret -Prompt 'The new secret back from the gate'
    $known = @((Find-Rule -Name $R1).HeaderContainsWords)
    Set-TransportRule -Identity $R1 -HeaderContainsMessageHeader $DoneHeader -HeaderContainsWords ($known + $secretBack)
    Wait-Rule -Names $R1
    Write-Host 'Let the gate use the new value (finish); run -FinishBack 24 hours later.'
    return
}

if ($FinishBack) {
    $known = @((Find-Rule -Name $R1).HeaderContainsWords)
    Set-TransportRule -Identity $R1 -HeaderContainsMessageHeader $DoneHeader -HeaderContainsWords $known[-1]
    return
}

# ---- connectors ----
# CloudServicesMailEnabled is the same on both: mail that comes back still counts
# as sent from inside, so that your other rules (DLP and so on) work on it then.
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

$in = @{
    ConnectorType = 'OnPremises'
    SenderDomains = @('*')
    RequireTls = $true
    RestrictDomainsToCertificate = $true
    TlsSenderCertificateName = $Gate
    CloudServicesMailEnabled = $true
    Enabled = $true
}
if (Find-Inbound) {
    Set-InboundConnector -Identity $InName @in
} else {
    New-InboundConnector -Name $InName @in | Out-Null
}

# ---- rules: conditions AND, exceptions OR, the lowest number first ----
# R0 removes a mark that anybody wrote.
# R1 marks what comes from the gate's address and has the secret, and removes it.
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
    $back['HeaderContainsWords'] = @(Read-Secret -Prompt 'The secret back from the gate (tenant-back)')
}
Set-Rule -Name $R1 -Priority 1 -Enabled $true -Rule $back

# RJ journal reports do not take the gate; their sender is the service itself.
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

# R2 routes what your people send outside, but for what has the mark.
#    Processing stops here: your other rules work once, when the mail is back.
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
    $route['SetHeaderValue'] = Read-Secret -Prompt 'The secret to the gate (tenant-in)'
}
Set-Rule -Name $R2 -Priority $next -Enabled $false -Rule $route

# R3 removes the mark: it does not leave.
Set-Rule -Name $R3 -Priority ($next + 1) -Enabled $true -Rule @{
    RemoveHeader = $OkHeader
    StopRuleProcessing = $false
}
Write-Host 'Done. Next: -Test, and then -Start.'
