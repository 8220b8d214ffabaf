"""Words that carry no content, of languages that separate words. What means something in another is left out."""

from __future__ import annotations

from typing import Final

__all__ = ["STOP_WORDS"]

_ENGLISH: Final = """
a about above after again against all also although always am an and another any anyone anything are aren as at be
because been before being below between both but by can cannot could did didn do does doesn doing don done down due
during each either else ever every few for from further get gets getting given goes had has have having he her here
hers him his how however if in into is isn it its itself just like ll many may me might more most much must my neither
no nor not now of off often on once one only onto or other others our out over own per please rather re same she should
since so some such than that the their them then there therefore these they this those though through thus to too under
until up upon us ve very via was wasn we well were weren what when where whether which while who whom whose why will
with within without won would yes yet you your yours
"""
_GERMAN: Final = """
aber als alle auch auf aus bei beim bis bin bist dann das dass dem den der des die diese diesem diesen dieser dieses
doch durch ein eine einem einen einer eines er es für gegen habe haben hatte ihm ihn ihr ihre im ist ja jede jeder
kann kein keine können mehr mit nach nicht noch nur ob oder ohne sein seine sich sie sind über um und uns unter vom von
vor werden wie wir wird wurde zu zum zur zwischen
"""
_FRENCH: Final = """
au aux avec ce ces cette ceux comme dans de des du elle elles en est et été être eux il ils je la le les leur leurs lui
mais ne nous ou où par pas plus pour qu que qui sa ses si son sont sur un une vous y à
"""
_SPANISH: Final = """
al como con de del desde donde el ella ellos en entre era es esa ese eso esta está este esto fue ha hay la las le lo los
más muy ni no nos o para pero por porque que qué se ser si sin sobre son su sus también un una uno y ya
"""
_ITALIAN: Final = """
ai al alla alle che chi ci con da dal dalla dei del della delle di è ed gli ha i il in la le lo ma nel nella non o per
più quando questo se si sono su sua sue suo un una uno
"""
_PORTUGUESE: Final = """
ao aos as à às com da das de do dos e é em entre era essa esse esta este foi há isso já mais mas na nas não no nos o os
ou para pela pelo por que se sem seu sua são também um uma
"""
_DUTCH: Final = """
aan als bij dat de deze die dit door een en er haar heeft het hij hun ik in is kan maar meer met naar niet nog of om ook
op over te tot uit van veel voor was wel werd wordt ze zich zij zijn zo
"""
_RUSSIAN: Final = """
а без бы был была были было в вы где да для до его ее если есть еще же за и из или им их к как когда кто ли мы на не
ни но о об он она они от по при с со так также то только у что чтобы это я
"""

STOP_WORDS: Final = frozenset(
    " ".join((_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH, _RUSSIAN)).split()
)
