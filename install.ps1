<#
.SYNOPSIS
Installs mcpproxy for the user who runs this: into %LOCALAPPDATA%\Programs\mcpproxy. Needs no administrator.
.DESCRIPTION
  irm RELEASES/latest/download/install.ps1 | iex
  powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall
#>
param(
  # The version; the latest if not given.
  [ValidatePattern('^[0-9A-Za-z.+-]+$')][string] $Version = 'latest',
  # Where to.
  [string] $To = $env:MCPPROXY_INSTALL_DIR,
  # The releases: https, or a server of this machine.
  [string] $From = $env:MCPPROXY_RELEASES_URL,
  # Start the tray at login, or do not, without asking.
  [switch] $Autostart,
  [switch] $NoAutostart,
  # Say yes to every question but that of the tray.
  [switch] $Yes,
  # Remove the programs; config and data in ~\.mcpproxy stay.
  [switch] $Uninstall
)

# Nothing runs before the last line: of a download that was cut short, nothing does.
function Install-Mcpproxy {
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue' # which makes downloads slow in Windows PowerShell 5.1
  if (-not $To) { $To = Join-Path $env:LOCALAPPDATA 'Programs\mcpproxy' }
  $programs = 'mcpproxy.exe', 'mcpproxy-tray.exe'
  if ($Uninstall) { Remove-Programs; return }

  if (-not $From) { $From = '@releases@' }
  $From = $From.TrimEnd('/')
  if ($From -notmatch '^(https://|http://(127\.0\.0\.1|localhost):)') {
    Stop-Install "no https address to download from: $From" 'Give -From URL, or set MCPPROXY_RELEASES_URL.'
  }
  $source = if ($Version -eq 'latest') { "$From/latest/download" } else { "$From/download/v$($Version.TrimStart('v'))" }
  # The machine's processor, also where this PowerShell runs in emulation.
  $processor = if (($env:PROCESSOR_ARCHITEW6432, $env:PROCESSOR_ARCHITECTURE) -contains 'ARM64') { 'arm64' } else { 'x64' }
  $archive = "mcpproxy-windows-$processor.zip"

  New-Item -ItemType Directory -Force -Path $To | Out-Null
  # Beside the place where it goes: from there a rename puts it in place.
  $work = Join-Path $To ".mcpproxy-install-$([guid]::NewGuid())"
  New-Item -ItemType Directory -Path $work | Out-Null
  try {
    Write-Host "Downloading $source/$archive"
    foreach ($name in 'SHA256SUMS', $archive) {
      try {
        Invoke-WebRequest -UseBasicParsing -Uri "$source/$name" -OutFile (Join-Path $work $name)
      } catch {
        Stop-Install "$source/$name could not be downloaded: $($_.Exception.Message)" 'Are you online? Nothing was installed.'
      }
    }
    $pattern = '^([0-9a-f]{64}) [ *]' + [regex]::Escape($archive) + '$'
    $line = Get-Content (Join-Path $work 'SHA256SUMS') | Select-String -Pattern $pattern | Select-Object -First 1
    if (-not $line) { Stop-Install "SHA256SUMS of $source tells nothing of $archive" 'Tell whoever publishes it.' }
    $expected = $line.Matches[0].Groups[1].Value
    $found = (Get-FileHash -Algorithm SHA256 (Join-Path $work $archive)).Hash.ToLowerInvariant()
    if ($found -ne $expected) {
      Stop-Install "$archive is not what was published: its SHA-256 is $found, not $expected" 'Nothing was installed.'
    }
    $new = Join-Path $work 'new'
    Expand-Archive -Path (Join-Path $work $archive) -DestinationPath $new
    foreach ($name in $programs) {
      if (-not (Test-Path -PathType Leaf (Join-Path $new $name))) {
        Stop-Install "$archive holds no $name" 'Tell whoever publishes it.'
      }
    }
    # Before anything is replaced: what cannot run here must not take the place of what can.
    $installed = & (Join-Path $new 'mcpproxy.exe') --version
    if ($LASTEXITCODE -ne 0) { Stop-Install "mcpproxy of $archive does not run on this machine" 'Nothing was installed.' }
    Get-ChildItem -Path $To -Filter 'mcpproxy*.exe.old-*' | Remove-Item -Force -ErrorAction SilentlyContinue
    foreach ($name in $programs) {
      $place = Join-Path $To $name
      # A program that runs cannot be replaced or removed, but it can be renamed.
      if (Test-Path $place) { Rename-Item -Path $place -NewName "$name.old-$([guid]::NewGuid())" }
      Move-Item -Path (Join-Path $new $name) -Destination $place
    }
    Get-ChildItem -Path $To -Filter 'mcpproxy*.exe.old-*' | Remove-Item -Force -ErrorAction SilentlyContinue
    Write-Host "mcpproxy $installed is in $To."
  } finally {
    Remove-Item -Recurse -Force $work -ErrorAction SilentlyContinue
  }
  Add-ToPath
  Add-Autostart
  Write-Host 'Start it: mcpproxy-tray (with an icon) or mcpproxy serve, in a new terminal.'
}

function Remove-Programs {
  $tray = Join-Path $To 'mcpproxy-tray.exe'
  if (Test-Path $tray) { & $tray autostart disable | Out-Host }
  foreach ($name in $programs) {
    $place = Join-Path $To $name
    if (Test-Path $place) {
      try { Remove-Item -Force $place } catch { Stop-Install "$place cannot be removed" 'End mcpproxy first, then try again.' }
      Write-Host "Removed $place"
    }
  }
  Get-ChildItem -Path $To -Filter 'mcpproxy*.exe.old-*' -ErrorAction SilentlyContinue | Remove-Item -Force -ErrorAction SilentlyContinue
  $path = Get-UserPath
  $rest = ($path -split ';' | Where-Object { $_ -and $_ -ne $To }) -join ';'
  if (($path -split ';') -contains $To) { Set-UserPath $rest }
  Write-Host 'Your config and data stay in ~\.mcpproxy.'
}

function Add-ToPath {
  $path = Get-UserPath
  if (($path -split ';') -contains $To) { return }
  if (Confirm-Question "Add $To to your PATH?") {
    Set-UserPath (@($path, $To | Where-Object { $_ }) -join ';')
    Write-Host 'Added: new terminals know it.'
  } else { Write-Host "$To is not on your PATH." }
}

# As it is written: [Environment] would put values in the place of %NAMES%, for good.
function Get-UserPath {
  $key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
  return $key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
}

function Set-UserPath([string] $Path) {
  $key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
  $key.SetValue('Path', $Path, [Microsoft.Win32.RegistryValueKind]::ExpandString)
  # Removes what is not there, since that tells the desktop that the environment has changed (WM_SETTINGCHANGE).
  [Environment]::SetEnvironmentVariable('MCPPROXY_PATH_CHANGED', $null, 'User')
}

function Add-Autostart {
  # Not -Yes: what starts at login is for the user alone to decide.
  $wanted = $Autostart -or (-not $NoAutostart -and -not $Yes -and (Confirm-Question 'Start the tray at login?'))
  $tray = Join-Path $To 'mcpproxy-tray.exe'
  if ($wanted) { & $tray autostart enable | Out-Host } else { Write-Host "To start the tray at login: $tray autostart enable" }
}

function Confirm-Question([string] $Question) {
  if ($Yes) { return $true }
  if (-not [Environment]::UserInteractive -or [Console]::IsInputRedirected) { return $false }
  return (Read-Host "$Question [y/N]") -match '^[yY]'
}

function Stop-Install([string] $What, [string] $Next) {
  # Not `exit`, which would close the window of whoever has piped this into iex.
  throw "install.ps1: $What`n$Next"
}

Install-Mcpproxy
