"""Forms of the firm's settings."""

import zoneinfo

from django import forms

from casehug.audit.services import record
from casehug.firms.models import Firm


class FirmProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, contact data, time zone and the colour of the portal's band."""

    class Meta:
        model = Firm
        fields = ["name", "email", "phone", "website", "timezone", "brand_color"]
        labels = {"email": "E-mail", "timezone": "Time zone", "brand_color": "Brand colour"}
        help_texts = {
            "timezone": "Times on all pages are shown in this zone, for example America/New_York.",
            "brand_color": "Colour of the band on your clients' portal, for example #1F4E79.",
        }

    def clean_timezone(self) -> str:
        """Accept only names of the time zone database."""
        name: str = self.cleaned_data["timezone"]
        if name not in zoneinfo.available_timezones():
            raise forms.ValidationError("This is not a known time zone. Example: America/New_York.")
        return name

    def clean_brand_color(self) -> str:
        """Accept a six-digit hex colour."""
        color: str = self.cleaned_data["brand_color"]
        if len(color) != 7 or color[0] != "#" or any(c not in "0123456789abcdefABCDEF" for c in color[1:]):
            raise forms.ValidationError("Use a colour like #1F4E79.")
        return color

    def save_with_audit(self) -> None:
        """Save the changed fields and record which ones changed."""
        if self.changed_data:
            self.save()
            record(
                action="firm.updated",
                object_type="firm",
                object_id=self.instance.id,
                changes={"fields": self.changed_data},
            )
